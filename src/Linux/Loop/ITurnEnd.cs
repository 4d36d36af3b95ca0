namespace NodeDns.Linux.Loop;

/// <summary>Work delayed to the end of the loop's turn, so that all output of one turn can leave in one system
/// call.</summary>
public interface ITurnEnd
{
    /// <summary>Runs once, after every event and timer of the turn.</summary>
    void OnTurnEnd();
}
