namespace NodeDns.Linux.Loop;

/// <summary>Work put off to the end of the loop's turn, so that what one turn produced leaves in one system call.</summary>
public interface ITurnEnd
{
    /// <summary>Runs once, after every event and timer of the turn.</summary>
    void OnTurnEnd();
}
