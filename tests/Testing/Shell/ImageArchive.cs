using System.Formats.Tar;
using System.Text.Json;

namespace NodeDns.Testing.Shell;

/// <summary>A container image in a docker archive, as <c>make images</c> leaves it.</summary>
public sealed class ImageArchive
{
    private readonly Dictionary<string, byte[]> _files = [];

    public ImageArchive(string path)
    {
        Path = path;
        using var archive = new TarReader(File.OpenRead(path));
        while (archive.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is { } content)
            {
                using var copy = new MemoryStream();
                content.CopyTo(copy);
                _files[entry.Name] = copy.ToArray();
            }
        }

        using var manifest = JsonDocument.Parse(_files["manifest.json"]);
        var image = manifest.RootElement[0];
        Digest = System.IO.Path.GetFileNameWithoutExtension(image.GetProperty(nameof(Config)).GetString()!);
        Config = JsonDocument.Parse(_files[image.GetProperty(nameof(Config)).GetString()!]).RootElement;
        Layers = [.. image.GetProperty(nameof(Layers)).EnumerateArray().Select(layer => layer.GetString()!)];
    }

    public string Path { get; }

    /// <summary>The image's id: SHA-256 of its configuration, which names those of its layers.</summary>
    public string Digest { get; }

    public JsonElement Config { get; }

    public IReadOnlyList<string> Layers { get; }

    /// <summary>The archive of this architecture's image, null when <c>make images ARCH=…</c> has not made it.</summary>
    public static ImageArchive? Find(string name, string? architecture = null)
    {
        var path = System.IO.Path.Combine(Tool.Checkout, "artifacts", "images", architecture ?? "", $"{name}.tar");
        return File.Exists(path) ? new ImageArchive(path) : null;
    }

    /// <summary>Every file, folder and link of the image.</summary>
    public IEnumerable<TarEntry> Entries()
    {
        foreach (var layer in Layers)
        {
            using var reader = new TarReader(new MemoryStream(_files[layer]));
            while (reader.GetNextEntry(copyData: true) is { } entry)
            {
                yield return entry;
            }
        }
    }

    /// <summary>Lays the image's files out in a folder.</summary>
    public void Unpack(string folder)
    {
        foreach (var layer in Layers)
        {
            TarFile.ExtractToDirectory(new MemoryStream(_files[layer]), folder, overwriteFiles: true);
        }
    }

    /// <summary>Lays the arm64 image out in a folder.</summary>
    /// <returns>The words that run its program with qemu's user emulation, with the libraries of the image; null when the image
    /// has not been made.</returns>
    public static string[]? UnpackArm64(string name, string folder)
    {
        if (Find(name, "arm64") is not { } image)
        {
            return null;
        }
        image.Unpack(folder);
        var program = image.Config.GetProperty("config").GetProperty("Entrypoint")[0].GetString()!;
        return ["qemu-aarch64-static", "-L", folder, folder + program];
    }
}
