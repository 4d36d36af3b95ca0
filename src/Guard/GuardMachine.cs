namespace NodeDns.Guard;

/// <summary>The guard's states: what moves it from one to the next. No I/O, no clock: events come in as calls, and what
/// has to be done goes out through <see cref="IGuardActions"/>.</summary>
/// <remarks>
/// <code>
/// Claiming ──▶ Guarding ──▶ Relieved     another pod's cache serves: the next pod's, or the old one's again
///     ▲           │  ▲          │
///     │           │  └──────────┤         that one is gone
///     │           ▼             │
///     │        Stopping         │         told to stop, and nobody has taken over yet
///     └─────────────────────────┘         the cache that answered wrongly is tried again
/// </code>
/// <see cref="Duties"/> says what each state means. All on the guard's loop.
/// </remarks>
internal sealed class GuardMachine(IGuardActions actions)
{
    /// <summary>Probes that a proven cache may fail in a row before it is no longer trusted.</summary>
    public const int ToleratedFailures = 2;

    private int _failedProbes;
    private bool _isOnProbation;
    private bool _isEnding;
    private int _successors;

    public GuardState State { get; private set; } = GuardState.Claiming;

    public CacheTrust Trust { get; private set; }

    /// <summary>The old pod's guard is there, and its cache still answers: this one's has not relieved it yet.</summary>
    public bool PredecessorAnswers { get; private set; }

    /// <summary>The old pod's guard is there, relieved: it would guard again.</summary>
    public bool PredecessorWaits { get; private set; }

    /// <summary>The node was given back to the old pod, not handed on to the next.</summary>
    public bool IsReturned { get; private set; }

    /// <summary>Told to stop, or about to end.</summary>
    public bool IsEnding => _isEnding || State == GuardState.Stopping;

    /// <summary>What is to be done now.</summary>
    public Duties Duties
    {
        get
        {
            var duties = Duties.Of(State, Trust);
            return PredecessorAnswers ? duties with { KeepsNode = false } : duties;
        }
    }

    /// <summary>Does somebody else read the socket? If not, it is relayed.</summary>
    public bool IsRead(GroupMember member) => State switch
    {
        GuardState.Relieved => IsReturned ? member.PredecessorHas : member.SuccessorHas,
        _ when PredecessorAnswers && member.PredecessorHas => true,
        _ => Duties.CacheReads && member.CacheReads,
    };

    // Claiming.

    /// <summary>Begins.</summary>
    public void Start() => actions.Claim();

    /// <summary>The old pod's guard has given its sockets; its cache answers.</summary>
    public void PredecessorGave()
    {
        PredecessorAnswers = true;
        PredecessorWaits = false;
    }

    /// <summary>There is at least one socket.</summary>
    public void Claimed()
    {
        if (State == GuardState.Claiming)
        {
            IsReturned = false;
            Enter(GuardState.Guarding);
            RelievePredecessor();
        }
    }

    /// <summary>The old pod's guard has gone, or was never one.</summary>
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

    /// <summary>Sockets were opened, taken or given: who reads them is looked at anew.</summary>
    public void SocketsChanged() => actions.Follow();

    // The cache.

    /// <summary>A cache says that it reads the sockets.</summary>
    /// <param name="isAnother">Not the one that did before.</param>
    public void CacheReady(bool isAnother)
    {
        if (State is GuardState.Relieved or GuardState.Stopping)
        {
            // Said before it heard that it is to stop reading.
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

    /// <summary>The cache has stopped reading by its own will, or is gone.</summary>
    /// <param name="heldBack">It has died so often that the next is held back.</param>
    public void CacheLost(bool heldBack) => Believe(heldBack ? CacheTrust.Crashed : CacheTrust.Absent);

    /// <summary>The next cache is welcome again.</summary>
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

    /// <summary>A lookup through every local address was answered.</summary>
    public void ProbeAnswered()
    {
        if (Trust is CacheTrust.Fresh or CacheTrust.Serving)
        {
            _failedProbes = 0;
            _isOnProbation = false;
            Believe(CacheTrust.Serving);
        }
    }

    /// <summary>The cache failed a lookup that cluster DNS answers.</summary>
    public void ProbeFailed()
    {
        if (State != GuardState.Guarding || Trust is not (CacheTrust.Fresh or CacheTrust.Serving)
            || ++_failedProbes <= ToleratedFailures)
        {
            return;
        }
        // It would go on answering beside the relay.
        actions.DrainCache();
        actions.DistrustForAWhile();
        if (_isOnProbation && PredecessorWaits)
        {
            // A new version that has never answered: the one before it is still there.
            Trust = CacheTrust.Distrusted;
            Return();
        }
        else
        {
            Believe(CacheTrust.Distrusted);
        }
    }

    /// <summary>The cache has been distrusted for long enough: a single probe decides.</summary>
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

    /// <summary>It has the sockets.</summary>
    public void SuccessorTook() => _successors++;

    /// <summary>Its cache serves.</summary>
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

    /// <summary>It is gone.</summary>
    /// <param name="hadRelieved">And it was the one whose cache served.</param>
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

    /// <summary>Told to stop (SIGTERM).</summary>
    public void Stop()
    {
        switch (State)
        {
            case GuardState.Claiming or GuardState.Relieved:
                // Another guard's cache reads the sockets: nothing here was this one's to undo.
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

    /// <summary>The one place where a state is entered.</summary>
    private void Enter(GuardState state)
    {
        State = state;
        actions.Follow();
    }
}
