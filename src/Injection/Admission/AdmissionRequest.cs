using System.Text.Json;

namespace NodeDns.Injection.Admission;

/// <summary>The members of an AdmissionReview (admission.k8s.io/v1) that are used. Nothing is copied, so the document
/// has to outlive this view.</summary>
public readonly struct AdmissionRequest
{
    private readonly JsonElement _request;

    private AdmissionRequest(JsonElement apiVersion, JsonElement uid, JsonElement request)
    {
        ApiVersion = apiVersion;
        Uid = uid;
        _request = request;
    }

    /// <summary>admission.k8s.io/v1 or v1beta1, which have the same members. The answer repeats it.</summary>
    public JsonElement ApiVersion { get; }

    /// <summary>A JSON string. The answer repeats its octets.</summary>
    public JsonElement Uid { get; }

    public bool IsCreate => _request.Says("operation"u8, "CREATE"u8);

    public bool IsSubresource => !_request.IsEmpty("subResource"u8);

    /// <summary>The namespace of the request. The object's own may be empty (always before Kubernetes 1.24).</summary>
    public string? Namespace => _request.Text("namespace"u8);

    public JsonElement Object => _request.Member("object"u8);

    /// <summary>Decided by the requested resource, else by the kind, else by the object's own kind.</summary>
    public bool IsPod
    {
        get
        {
            if (_request.Member("resource"u8) is { IsObject: true } resource)
            {
                return resource.Says("resource"u8, "pods"u8) && resource.IsEmpty("group"u8);
            }

            if (_request.Member("kind"u8) is { IsObject: true } kind)
            {
                return kind.Says("kind"u8, "Pod"u8) && kind.IsEmpty("group"u8);
            }

            return Object.Says("kind"u8, "Pod"u8);
        }
    }

    /// <returns>null on success; otherwise what an AdmissionReview needs and this one lacks.</returns>
    public static string? TryRead(JsonElement review, out AdmissionRequest request)
    {
        request = default;
        if (!review.Says("kind"u8, "AdmissionReview"u8))
        {
            return "expected an object of kind AdmissionReview";
        }

        var apiVersion = review.Member("apiVersion"u8);
        if (!apiVersion.Is("admission.k8s.io/v1"u8) && !apiVersion.Is("admission.k8s.io/v1beta1"u8))
        {
            return "expected apiVersion admission.k8s.io/v1 or admission.k8s.io/v1beta1";
        }

        var member = review.Member("request"u8);
        if (!member.IsObject)
        {
            return "expected a request";
        }

        var uid = member.Member("uid"u8);
        if (!uid.IsString || uid.Raw.Length is <= 2 or > 512)
        {
            return "expected request.uid, a string of 1 to 510 bytes";
        }

        request = new AdmissionRequest(apiVersion, uid, member);
        return null;
    }
}
