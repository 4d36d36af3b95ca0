using NodeDns.Mutants;

// Mutants REPOSITORY WORK-FOLDER [ROOM[:COUNT]...]: changes one operator, condition or statement at a time, runs the tests
// that reach it, and lists the changes that no test noticed.
var (repository, work) = (Path.GetFullPath(args[0]), Path.GetFullPath(args[1]));
var rooms = args.Length > 2
    ? args[2..].Select(Room.Parse).ToList()
    : [.. Room.Names.Select(name => new Room(name, int.MaxValue))];

var copy = new MutatedCopy(repository, work);
copy.Make(rooms);
Console.WriteLine($"{copy.Mutants.Count} mutants in {string.Join(", ", rooms.Select(room => room.Name))}; building");
copy.Build();

var tests = new CoveringTests(copy, Environment.GetEnvironmentVariable("TESTS") ?? "");
tests.Find();

var survivors = new List<Mutant>();
var tried = 0;
foreach (var mutant in rooms.SelectMany(room => room.Choose(copy.Mutants)))
{
    tried++;
    if (!tests.Notice(mutant))
    {
        survivors.Add(mutant);
        Console.WriteLine($"survived  {mutant}{(tests.Reach(mutant) ? "" : "  (no test comes here)")}");
    }
}
Console.WriteLine($"{tried - survivors.Count} of {tried} mutants noticed, {survivors.Count} survived");
return survivors.Count == 0 ? 0 : 1;
