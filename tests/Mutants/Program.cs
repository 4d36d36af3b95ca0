using System.Collections.Concurrent;
using NodeDns.Mutants;

// Mutants REPOSITORY WORK-FOLDER [ROOM[:COUNT]...]: changes one operator, condition or statement at a time, runs the tests
// that come by it, and lists the changes that no test noticed.
var (repository, work) = (Path.GetFullPath(args[0]), Path.GetFullPath(args[1]));
var rooms = args.Length > 2
    ? args[2..].Select(Room.Parse).ToList()
    : [.. Room.Names.Select(name => new Room(name, int.MaxValue))];
var explained = Survivors.Read(Path.Combine(repository, "tests/Mutants/survivors.txt"));
var only = Environment.GetEnvironmentVariable("ONLY") is { Length: > 0 } file ? Survivors.Read(file) : null;

var copy = new MutatedCopy(repository, work);
copy.Make(rooms.Select(room => room.Folder));
copy.Build();
Console.WriteLine($"{copy.Mutants.Count} mutants in {string.Join(", ", rooms.Select(room => room.Name))}; finding the tests that come by them");
var tests = await CoveringTests.Find(copy);

var chosen = rooms.SelectMany(room => room.Choose(copy.Mutants)).Where(mutant => only?.Name(mutant) ?? true).ToList();
var waiting = new ConcurrentQueue<Mutant>(chosen.Where(mutant => !explained.Name(mutant)));
var survivors = new ConcurrentBag<Mutant>();
await Task.WhenAll(Enumerable.Range(0, int.Parse(Environment.GetEnvironmentVariable("JOBS") ?? "1", null)).Select(async _ =>
{
    using var trial = new Trial(copy, tests);
    while (waiting.TryDequeue(out var mutant))
    {
        if (!await trial.Notices(mutant))
        {
            survivors.Add(mutant);
            Console.WriteLine($"{mutant.Key}  # line {mutant.Line}, {tests.Of(mutant).Count} tests come here");
        }
    }
}));

foreach (var room in rooms)
{
    var (tried, lived) = (chosen.Count(room.Holds), survivors.Count(room.Holds));
    var listed = chosen.Count(mutant => room.Holds(mutant) && explained.Name(mutant));
    Console.WriteLine($"# {room.Name}: {tried} of {copy.Mutants.Count(room.Holds)} tried, {tried - lived - listed} noticed, "
        + $"{lived} survived ({100.0 * lived / Math.Max(1, tried):F1} %), {listed} listed as meaning nothing");
}
return survivors.IsEmpty ? 0 : 1;
