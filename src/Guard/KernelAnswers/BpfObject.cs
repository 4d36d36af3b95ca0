using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NodeDns.Guard.KernelAnswers;

/// <summary>Reads the one program of an object file that clang has written for the target bpf.</summary>
/// <remarks>ELF64, little endian: the section header table says where the sections are; .rel of the program's section names,
/// for each instruction that loads a map, the map's symbol. That is all that is read: the maps are made by
/// <see cref="AnswerProgram"/>, and libbpf, which would read them here, is 400 KB (docs/design/20261123-in-kernel-hits.md).
/// </remarks>
internal static class BpfObject
{
    private const string Program = "tc";
    private const int SectionSize = 64;
    private const int SymbolSize = 24;
    private const int RelocationSize = 16;
    private const byte PseudoMapDescriptor = 1;

    /// <summary>The program's instructions, with the maps' descriptors in place of their names.</summary>
    public static byte[] Link(ReadOnlySpan<byte> file, Func<string, int> mapOf)
    {
        var names = Section(file, ReadUInt16LittleEndian(file[62..]));
        ReadOnlySpan<byte> code = default, relocations = default, symbols = default, symbolNames = default;
        for (var i = 0; i < ReadUInt16LittleEndian(file[60..]); i++)
        {
            switch (TextAt(names, (int)ReadUInt32LittleEndian(Header(file, i))))
            {
                case Program:
                    code = Section(file, i);
                    break;
                case ".rel" + Program:
                    relocations = Section(file, i);
                    break;
                case ".symtab":
                    symbols = Section(file, i);
                    symbolNames = Section(file, (int)ReadUInt32LittleEndian(Header(file, i)[40..]));
                    break;
            }
        }

        var linked = code.ToArray();
        for (; !relocations.IsEmpty; relocations = relocations[RelocationSize..])
        {
            var at = linked.AsSpan((int)ReadUInt64LittleEndian(relocations));
            var symbol = symbols[((int)(ReadUInt64LittleEndian(relocations[8..]) >> 32) * SymbolSize)..];
            var map = mapOf(TextAt(symbolNames, (int)ReadUInt32LittleEndian(symbol)));
            // struct bpf_insn: code (8 bits), destination and source register (4 each), offset (16), immediate (32).
            at[1] = (byte)(at[1] & 0x0f | PseudoMapDescriptor << 4);
            WriteInt32LittleEndian(at[4..], map);
        }
        return linked;
    }

    private static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> file, int section) =>
        file[((int)ReadUInt64LittleEndian(file[40..]) + section * SectionSize)..];

    private static ReadOnlySpan<byte> Section(ReadOnlySpan<byte> file, int section)
    {
        var header = Header(file, section);
        return file.Slice((int)ReadUInt64LittleEndian(header[24..]), (int)ReadUInt64LittleEndian(header[32..]));
    }

    private static string TextAt(ReadOnlySpan<byte> texts, int at)
    {
        var text = texts[at..];
        return Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]);
    }
}
