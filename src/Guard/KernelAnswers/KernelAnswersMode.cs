namespace NodeDns.Guard.KernelAnswers;

/// <summary>Whether hot names are answered in the kernel, and where the program is attached.</summary>
public enum KernelAnswersMode
{
    Off,

    /// <summary>tcx where the kernel has it (6.6), clsact elsewhere.</summary>
    Auto,
    Tcx,
    Clsact,
}
