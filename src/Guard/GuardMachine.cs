namespace NodeDns.Guard;

/// <summary>The guard's states, and the events that move it from one to the next. It does no I/O and reads no clock:
/// events arrive as method calls, and work goes out through <see cref="IGuardActions"/>.</summary>
/// <remarks>
/// <code>
/// Claiming ──▶ Guarding ──▶ Relieved     another pod's cache serves: the next pod's, or the old one's again
///     ▲           │  ▲          │
///     │           │  └──────────┤         that one is gone
///     │           ▼             │
///     │        Stopping         │         told to stop, and nobody has taken over yet
///     └─────────────────────────┘         the cache that answered wrongly is tried again
/// </code>
/// <see cref="Duties"/> says what the guard does in each state. All members are called on the guard's loop.
/// </remarks>
internal sealed class GuardMachine(IGuardActions actions)
{
    /// <summary>How many probes in a row a cache may fail before the guard stops trusting it.</summary>
    public const int ToleratedFailures = 2;

    private int _failedProbes;
    private bool _isOnProbation;
    private bool _isEnding;
    private int _successors;

    public GuardState State { get; private set; } = GuardState.Claiming;

    public CacheTrust Trust { get; private set; }

    /// <summary>The old pod's guard is connected, and its cache still answers because this guard has not relieved it
    /// yet.</summary>
    public bool PredecessorAnswers { get; private set; }

    /// <summary>The old pod's guard is connected and relieved. If this guard goes, the old one takes the node
    /// back.</summary>
    public bool PredecessorWaits { get; private set; }

    /// <summary>The node was given back to the old pod, rather than handed on to the next one.</summary>
    public bool IsReturned { get; private set; }

    /// <summary>The guard was told to stop, or is about to end.</summary>
    public bool IsEnding => _isEnding || State == GuardState.Stopping;

    /// <summary>What the guard has to do now.</summary>
    public Duties Duties
    {
        get
        {
            var duties = Duties.Of(State, Trust);
            return PredecessorAnswers ? duties with { KeepsNode = false } : duties;
        }
    }

    /// <summary>True when another process reads this socket. If not, the guard relays it.</summary>
    public bool IsRead(GroupMember member) => State switch
    {
        GuardState.Relieved => IsReturned ? member.PredecessorHas : member.SuccessorHas,
        _ when PredecessorAnswers && member.PredecessorHas => true,
        _ => Duties.CacheReads && member.CacheReads,
    };

    // Claiming.

    /// <summary>Starts with claiming the sockets.</summary>
    public void Start() => actions.Claim();

    /// <summary>The old pod's guard has given its sockets. Its cache still answers.</summary>
    public void PredecessorGave()
    {
        PredecessorAnswers = true;
        PredecessorWaits = false;
    }

    /// <summary>The guard has at least one socket.</summary>
    public void Claimed()
    {
        if (State == GuardState.Claiming)
        {
            IsReturned = false;
            Enter(GuardState.Guarding);
            RelievePredecessor();
        }
    }

    /// <summary>The old pod's guard has gone, or turned out not to answer.</summary>
    public void PredecessorGone()
    {
        PredecessorAnswers = false;
        PredecessorWaits = false;
        if (State == GuardState.Claiming)
        {
            actions.ClaimAlone();
        }
        else if (State == GuardState.Relieved && IsReturned && !_isEnding)
        {
            IsReturned = false;
            Enter(GuardState.Guarding);
        }
        else
        {
            actions.Follow();
        }
    }

    /// <summary>Sockets were opened, received or given away, so who reads them has to be determined again.</summary>
    public void SocketsChanged() => actions.Follow();

    // The cache.

    /// <summary>A cache says that it reads the sockets.</summary>
    /// <param name="isAnother">This is another cache than the last one that was ready.</param>
    public void CacheReady(bool isAnother)
    {
        if (State is GuardState.Relieved or GuardState.Stopping)
        {
            // The cache sent this before it was told to stop reading.
            return;
        }
        if (isAnother)
        {
            _failedProbes = 0;
        }
        if (isAnother || Trust != CacheTrust.Serving)
        {
            Trust = CacheTrust.Fresh;
        }
        RelievePredecessor();
        actions.Follow();
    }

    /// <summary>The cache has stopped reading, or has gone.</summary>
    /// <param name="heldBack">The cache has died so often that the next one is held back.</param>
    public void CacheLost(bool heldBack) => Believe(heldBack ? CacheTrust.Crashed : CacheTrust.Absent);

    /// <summary>The next cache no longer has to wait.</summary>
    public void HeldBackOver()
    {
        if (Trust == CacheTrust.Crashed)
        {
            Believe(CacheTrust.Absent);
        }
    }

    public void CacheHung()
    {
        if (Trust is CacheTrust.Fresh or CacheTrust.Serving)
        {
            Believe(CacheTrust.Hung);
        }
    }

    public void CacheTurns()
    {
        if (Trust == CacheTrust.Hung)
        {
            Believe(CacheTrust.Fresh);
        }
    }

    /// <summary>The cache has answered a probe at every local address.</summary>
    public void ProbeAnswered()
    {
        if (State == GuardState.Guarding && Trust is (CacheTrust.Fresh or CacheTrust.Serving))
        {
            _failedProbes = 0;
            _isOnProbation = false;
            Believe(CacheTrust.Serving);
        }
    }

    /// <summary>The cache has failed a probe that cluster DNS answers.</summary>
    public void ProbeFailed()
    {
        if (State != GuardState.Guarding || Trust is not (CacheTrust.Fresh or CacheTrust.Serving)
            || ++_failedProbes <= ToleratedFailures)
        {
            return;
        }
        // Otherwise the cache would go on answering beside the relay.
        actions.DrainCache();
        actions.DistrustForAWhile();
        if (_isOnProbation && PredecessorWaits)
        {
            // This new version has never answered a probe, and the old pod is still there to take the node back.
            Trust = CacheTrust.Distrusted;
            Return();
        }
        else
        {
            Believe(CacheTrust.Distrusted);
        }
    }

    /// <summary>The cache has been distrusted for long enough. It gets one probe to prove itself.</summary>
    public void TryAgain()
    {
        var isReturned = State == GuardState.Relieved && IsReturned && !_isEnding;
        if (Trust == CacheTrust.Distrusted)
        {
            _failedProbes = ToleratedFailures;
            Believe(CacheTrust.Absent);
        }
        else if (!isReturned)
        {
            return;
        }
        if (isReturned)
        {
            Enter(GuardState.Claiming);
            actions.Claim();
        }
        actions.ResumeCache();
    }

    // The next pod's guard.

    /// <summary>The next pod's guard has the sockets.</summary>
    public void SuccessorTook() => _successors++;

    /// <summary>The next pod's cache serves.</summary>
    public void SuccessorRelieves()
    {
        switch (State)
        {
            case GuardState.Guarding:
                actions.DrainCache();
                Trust = Trust == CacheTrust.Crashed ? Trust : CacheTrust.Absent;
                Enter(GuardState.Relieved);
                break;
            case GuardState.Stopping:
                Enter(GuardState.Relieved);
                End();
                break;
        }
    }

    /// <summary>A next pod's guard has gone.</summary>
    /// <param name="hadRelieved">The one that has gone had relieved this guard.</param>
    public void SuccessorGone(bool hadRelieved)
    {
        _successors--;
        if (State == GuardState.Relieved && hadRelieved && !IsReturned && !_isEnding)
        {
            Enter(GuardState.Guarding);
            actions.ResumeCache();
        }
        else if (State == GuardState.Stopping && _successors == 0)
        {
            actions.Leave();
        }
    }

    // Stopping.

    /// <summary>Stops (SIGTERM).</summary>
    public void Stop()
    {
        switch (State)
        {
            case GuardState.Claiming or GuardState.Relieved:
                // Another guard's cache reads the sockets, so there is nothing on the node for this guard to undo.
                End();
                break;
            case GuardState.Guarding when PredecessorAnswers || PredecessorWaits:
                _isEnding = true;
                Return();
                End();
                break;
            case GuardState.Guarding:
                Enter(GuardState.Stopping);
                if (_successors > 0)
                {
                    actions.Linger();
                }
                else
                {
                    actions.Leave();
                }
                break;
        }
    }

    private void RelievePredecessor()
    {
        if (State == GuardState.Guarding && PredecessorAnswers && Trust == CacheTrust.Fresh)
        {
            PredecessorAnswers = false;
            PredecessorWaits = true;
            _isOnProbation = true;
            actions.RelievePredecessor();
        }
    }

    private void End()
    {
        _isEnding = true;
        actions.End();
    }

    private void Return()
    {
        IsReturned = true;
        PredecessorAnswers = false;
        PredecessorWaits = false;
        Enter(GuardState.Relieved);
        actions.ReturnToPredecessor();
    }

    private void Believe(CacheTrust trust)
    {
        if (trust != Trust)
        {
            Trust = trust;
            actions.Follow();
        }
    }

    /// <summary>All changes of state go through here.</summary>
    private void Enter(GuardState state)
    {
        State = state;
        actions.Follow();
    }
}
