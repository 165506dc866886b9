import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/** What a call costs from Java; see {@code c/cost.c}. Arguments: policies, profile, date, tea.policy. */
public final class Cost {
    private static void measure(String label, int calls, Runnable call) {
        double[] times = new double[21];
        for (int i = 0; i < Math.min(2000, calls * 10); i++) call.run();
        for (int round = 0; round < times.length; round++) {
            long start = System.nanoTime();
            for (int i = 0; i < calls; i++) call.run();
            times[round] = (double) (System.nanoTime() - start) / calls;
        }
        Arrays.sort(times);
        System.out.printf("%-34s Java %11.0f ns%n", label, times[times.length / 2]);
    }

    public static void main(String[] arguments) throws Exception {
        try (Entitle engine = Entitle.open(arguments[0]); Entitle.Snapshot snapshot = engine.snapshot();
             Entitle.Rules rules = snapshot.rules(LocalDate.parse(arguments[2]))) {
            String json = Files.readString(Path.of(arguments[1]));
            Entitle.Profile profile = snapshot.profile(json, false);
            byte[] expected = new byte[snapshot.policies()];
            byte[] verdicts = new byte[snapshot.policies()];
            rules.match(profile, expected);
            measure("209 policies: verdicts", 500, () -> rules.match(profile, verdicts));
            if (!Arrays.equals(expected, verdicts)) throw new AssertionError("another answer");
            measure("209 policies: profile from JSON", 500, () -> snapshot.profile(json, false).close());
            long person = snapshot.kind("person");
            long born = snapshot.field(person, "birth_date");
            try (Entitle.Profile typed = snapshot.profile()) {
                int root = typed.root(person);
                LocalDate date = LocalDate.of(1990, 5, 6);
                measure("one fact by its id", 50_000, () -> typed.set(root, born, date));
            }
        }
        try (Entitle engine = Entitle.open(Map.of("tea.policy", Files.readString(Path.of(arguments[3]))));
             Entitle.Snapshot snapshot = engine.snapshot(); Entitle.Rules rules = snapshot.rules(LocalDate.of(2026, 6, 30))) {
            long person = snapshot.kind("person");
            int[] days = IntStream.range(0, 10_000).map(i -> -20_000 + (int) (i * 7_919L % 30_000)).toArray();
            long sixty = LocalDate.of(1966, 6, 30).toEpochDay();
            batch("1 policy: batch of 1 person", 1_000, rules, person, Arrays.copyOf(days, 1), sixty);
            batch("1 policy: batch of 10,000 persons", 20, rules, person, days, sixty);
        }
    }

    private static void batch(String label, int calls, Entitle.Rules rules, long person, int[] days, long last) {
        Births births = new Births(days);
        long expected = Arrays.stream(days).filter(day -> day <= last).count();
        measure(label, calls, () -> {
            if (births.eligible(rules, person) != expected) throw new AssertionError("another answer");
        });
    }
}
