namespace NodeDns.Webhook.Tests.Support;

/// <summary>Waits for what another thread brings about; a test that waits in vain is ended by its runner.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(2);
        }
    }

    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(2);
        }
    }
}
