namespace NodeDns.Demo;

/// <summary>The demo cannot go on; the message is for the person who runs it.</summary>
internal sealed class DemoException(string message) : Exception(message);
