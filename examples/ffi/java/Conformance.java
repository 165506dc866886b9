import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Runs the conformance kit through the C ABI with JNA; then sets facts one by one, matches from many threads, swaps the policies, matches a batch.
 * Debian: openjdk-17-jdk-headless libjna-java libgoogle-gson-java.
 *
 * <pre>
 * javac -cp /usr/share/java/jna.jar:/usr/share/java/gson.jar -d out examples/ffi/java/*.java
 * java -cp out:/usr/share/java/jna.jar:/usr/share/java/gson.jar -Djna.library.path=target/release Conformance tests/conformance
 * </pre>
 */
public final class Conformance {
    private static final List<String> wrong = new ArrayList<>();

    private static Map<String, String> texts(JsonObject test) {
        Map<String, String> texts = new LinkedHashMap<>();
        JsonArray policies = test.getAsJsonArray("policies");
        for (int i = 0; i < policies.size(); i++) texts.put(i + ".policy", policies.get(i).getAsString());
        return texts;
    }

    private static JsonArray each(JsonObject found, String list, Function<JsonObject, JsonElement> part) {
        JsonArray all = new JsonArray();
        for (JsonElement entry : found.getAsJsonArray(list)) {
            JsonElement value = part.apply(entry.getAsJsonObject());
            all.add(value == null ? JsonNull.INSTANCE : value);
        }
        return all;
    }

    private static void run(JsonObject test) {
        String name = test.get("name").getAsString();
        JsonObject expect = test.getAsJsonObject("expect");
        try (Entitle engine = Entitle.open(texts(test));
             Entitle.Snapshot snapshot = engine.snapshot();
             Entitle.Rules rules = snapshot.rules(LocalDate.parse(test.get("as_of").getAsString()));
             Entitle.Profile profile = snapshot.profile(test.get("profile").toString(), false)) {
            long policy = snapshot.policy(expect.get("policy").getAsString());
            Entitle.Verdict verdict = rules.match(profile)[snapshot.index(policy)];
            String said = verdict == Entitle.Verdict.NOT_PROVED ? "undetermined" : verdict.name().toLowerCase();
            if (!said.equals(expect.get("verdict").getAsString())) wrong.add(name + ": " + verdict);
            JsonObject found = JsonParser.parseString(rules.explain(profile, policy)).getAsJsonObject();
            Map<String, JsonElement> is = new LinkedHashMap<>();
            is.put("missing", each(found, "missing", m -> m.get("fact")));
            is.put("because", each(found, "because", r -> r.getAsJsonObject("condition").get("en")));
            is.put("amounts", each(found, "amounts", a -> a.get("value")));
            is.put("parameters_without_value", found.get("parameters_without_value"));
            is.forEach((what, value) -> {
                if (expect.has(what) && !expect.get(what).equals(value)) wrong.add(name + ": " + what + " is " + value);
            });
        }
    }

    private static void check(boolean holds, String what) {
        if (!holds) wrong.add(what);
    }

    /** A service: shared rules, many threads, facts set by ids that were resolved once, a reload in between. */
    private static void service(JsonObject test) throws Exception {
        Map<String, String> texts = texts(test);
        LocalDate day = LocalDate.parse("2020-06-01");
        AtomicLong matches = new AtomicLong();
        try (Entitle engine = Entitle.open(texts)) {
            engine.metrics((context, event) -> {
                if (event.call == 4 && event.status == 0) matches.incrementAndGet();
            });
            Entitle.Snapshot snapshot = engine.snapshot();
            Entitle.Rules rules = snapshot.rules(day);
            long person = snapshot.kind("person");
            long happy = snapshot.field(person, "happy");
            long born = snapshot.field(person, "born");
            long income = snapshot.field(person, "income");
            long level = snapshot.field(person, "level");
            long high = snapshot.value(level, "high");
            Entitle.Profile json = snapshot.profile("{\"person\":{\"happy\":true,\"born\":\"1950-02-03\",\"income\":\"12.50\",\"level\":\"high\"}}", false);
            byte[] expected = new byte[snapshot.policies()];
            rules.match(json, expected);
            ExecutorService pool = Executors.newFixedThreadPool(16);
            List<Future<Integer>> futures = new ArrayList<>();
            Callable<Integer> work = () -> {
                int torn = 0;
                byte[] verdicts = new byte[snapshot.policies()];
                for (int i = 0; i < 200; i++) {
                    try (Entitle.Profile profile = snapshot.profile()) {
                        int root = profile.root(person);
                        profile.set(root, happy, true).set(root, born, LocalDate.of(1950, 2, 3))
                            .set(root, income, new BigDecimal("12.50")).setValue(root, level, high);
                        rules.match(profile, verdicts);
                        if (!Arrays.equals(verdicts, expected)) torn++;
                    }
                }
                return torn;
            };
            for (int i = 0; i < 16; i++) futures.add(pool.submit(work));
            for (int i = 0; i < 50; i++) engine.reload(texts);
            for (Future<Integer> future : futures) check(future.get() == 0, "an answer was torn");
            pool.shutdown();
            check(matches.get() == 16 * 200 + 1, "metrics saw " + matches.get() + " matches");
            try {
                engine.snapshot().rules(day).match(json);
                check(false, "a stale profile was matched");
            } catch (Entitle.Failure failure) {
                check(failure.status == Entitle.Failure.STALE, failure.getMessage());
            }
            try {
                engine.reload(Map.of("a.policy", "polcy tea"));
                check(false, "a broken policy was read");
            } catch (Entitle.Failure failure) {
                check(failure.status == Entitle.Failure.POLICIES && failure.details.contains("\"line\":1"), failure.getMessage());
            }
            try {
                snapshot.profile().set(0, income, new BigDecimal("1.005"));
                check(false, "a fraction of a fen was taken");
            } catch (Entitle.Failure failure) {
                check(failure.getMessage().contains("no record 0"), failure.getMessage());
            }
        }
    }

    /** Many persons in one call, as a column. */
    private static void batch(JsonObject test) {
        try (Entitle engine = Entitle.open(texts(test)); Entitle.Snapshot snapshot = engine.snapshot()) {
            try (Entitle.Rules rules = snapshot.rules(LocalDate.parse("2020-06-01"))) {
                new Births(new int[] {0}).eligible(rules, snapshot.kind("person"));
                check(false, "a column that the vocabulary does not have was read");
            } catch (Entitle.Failure failure) {
                check(failure.status == Entitle.Failure.PROFILE && failure.getMessage().contains("birth_date"), failure.getMessage());
            }
        }
        String tea = """
            enum category { welfare }
            record person { birth_date: date }
            policy tea for person {
                category: welfare
                in force: from 2020-01-01 until further notice
                source: "an example"
                status: illustrative
                eligible when { today - birth_date >= 60 years old }
            }
            """;
        try (Entitle engine = Entitle.open(Map.of("tea.policy", tea)); Entitle.Snapshot snapshot = engine.snapshot();
             Entitle.Rules rules = snapshot.rules(LocalDate.of(2026, 6, 30))) {
            int sixty = Math.toIntExact(LocalDate.of(1966, 6, 30).toEpochDay());
            Births births = new Births(new int[] {sixty - 1, sixty, sixty + 1, 0});
            for (int i = 0; i < 100; i++) check(births.eligible(rules, snapshot.kind("person")) == 2, "a batch has other verdicts");
        }
    }

    public static void main(String[] arguments) throws Exception {
        List<Path> files;
        try (var all = Files.list(Path.of(arguments[0]))) {
            files = all.filter(p -> p.toString().endsWith(".json")).sorted().toList();
        }
        JsonObject served = null;
        for (Path file : files) {
            JsonObject test = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            if (file.endsWith("ordered-enum.json")) served = test;
            run(test);
        }
        service(served);
        batch(served);
        wrong.forEach(System.out::println);
        System.out.println("Java, library " + Entitle.version() + ": " + files.size() + " cases, " + wrong.size() + " wrong");
        System.exit(wrong.isEmpty() && files.size() >= 30 ? 0 : 1);
    }
}
