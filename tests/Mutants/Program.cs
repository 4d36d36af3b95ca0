using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using NodeDns.Mutants;

// Mutants REPOSITORY WORK-FOLDER [ROOM[:COUNT]...]: changes one operator, condition or statement at a time, runs the tests
// that come by it, and lists the changes that no test noticed.
var (repository, work) = (Path.GetFullPath(args[0]), Path.GetFullPath(args[1]));
var rooms = args.Length > 2
    ? args[2..].Select(Room.Parse).ToList()
    : [.. Room.Names.Select(name => new Room(name, int.MaxValue))];
var explained = Survivors.Read(Path.Combine(repository, "tests/Mutants/survivors.txt"));
var seed = int.Parse(Environment.GetEnvironmentVariable("SEED") ?? "1", CultureInfo.InvariantCulture);
var only = Environment.GetEnvironmentVariable("ONLY") is { Length: > 0 } file ? Survivors.Read(file) : null;

string[] suites = ["Guard.Tests", "Cache.Tests", "Cache.Scenarios"];
if (rooms.Exists(room => room.Name == "Guard") && Environment.IsPrivilegedProcess)
{
    suites = [.. suites, "Node.Tests"];
}

var copy = new MutatedCopy(repository, work, suites);
copy.Make(rooms.Select(room => room.Folder));
copy.Build();
Console.WriteLine($"{copy.Mutants.Count} mutants in {string.Join(", ", rooms.Select(room => room.Name))}; finding the tests that come by them");
foreach (var key in explained.Outdated(copy.Mutants, rooms))
{
    Console.WriteLine($"# survivors.txt explains what is not there: {key}");
}

var tests = await CoveringTests.Find(copy);

var chosen = rooms.SelectMany(room => room.Choose(copy.Mutants, seed)).Where(mutant => only?.Name(mutant) ?? true).ToArray();
// One room's and the other's by turns, so that a run that ends early has tried some of each.
new Random(seed).Shuffle(chosen);
var waiting = new ConcurrentQueue<Mutant>(chosen.Where(mutant => !explained.Name(mutant)));
var tried = new ConcurrentBag<Mutant>();
var survivors = new ConcurrentBag<Mutant>();
var minutes = double.Parse(Environment.GetEnvironmentVariable("MINUTES") ?? "1e6", CultureInfo.InvariantCulture);
var running = Stopwatch.StartNew();
await Task.WhenAll(Enumerable.Range(0, int.Parse(Environment.GetEnvironmentVariable("JOBS") ?? "1", null)).Select(async _ =>
{
    using var trial = new Trial(copy, tests);
    while (running.Elapsed.TotalMinutes < minutes && waiting.TryDequeue(out var mutant))
    {
        if (!await trial.Notices(mutant))
        {
            survivors.Add(mutant);
            Console.WriteLine($"{mutant.Key}  # line {mutant.Line}, {tests.Of(mutant).Count} tests come here");
        }
        tried.Add(mutant);
        Console.Error.WriteLine($"{tried.Count} of {chosen.Length}, {survivors.Count} survived");
    }
}));

foreach (var room in rooms)
{
    var (count, lived) = (tried.Count(room.Holds), survivors.Count(room.Holds));
    var listed = chosen.Count(mutant => room.Holds(mutant) && explained.Name(mutant));
    Console.WriteLine($"# {room.Name}: {copy.Mutants.Count(room.Holds)} mutants, {count} tried, {count - lived} noticed, "
        + $"{lived} survived ({100.0 * lived / Math.Max(1, count):F1} %), {listed} listed as meaning nothing");
}
return survivors.IsEmpty ? 0 : 1;
