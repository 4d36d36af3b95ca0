using System.Net;
using System.Text;
using NodeDns.Testing.Shell;
using NodeDns.Webhook.Tests.Support;

namespace NodeDns.Webhook.Tests.Endpoint;

/// <summary>The webhook of the arm64 image, run by qemu's user emulation.</summary>
public sealed class Arm64Tests
{
    [Fact]
    public async Task It_patches_a_pod()
    {
        var root = Directory.CreateTempSubdirectory("node-dns-arm64-");
        try
        {
            var command = ImageArchive.UnpackArm64("webhook", root.FullName);
            Assert.SkipWhen(command is null, "there is no such image: make images ARCH=arm64");
            using var certificates = new TestCertificates();
            using var webhook = await WebhookProgram.StartAsync(certificates, command);

            (var status, var answer) = await webhook.PostAsync(Encoding.UTF8.GetBytes(Pods.Review(Pods.Pod()).ToJsonString()));

            Assert.Equal(HttpStatusCode.OK, status);
            Assert.NotNull(Pods.Patch(answer));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }
}
