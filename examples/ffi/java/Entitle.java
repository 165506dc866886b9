import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;

import java.lang.ref.Cleaner;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The C ABI of entitle as Java types, with JNA. One file, to be copied into a service.
 *
 * <p>In Spring: one {@code Entitle} as a singleton bean with {@code destroyMethod = "close"}; a scheduled job calls
 * {@link #reload}; each request takes {@link #snapshot()}, {@link Snapshot#rules} and a {@link Profile} of its own. Engines,
 * snapshots and rules may be shared between threads; a profile is one thread's while it is filled. Handles that are not closed
 * are freed when they are collected. Java's {@code long} carries size_t, so 64-bit machines only.
 */
public final class Entitle implements AutoCloseable {
    /** The functions of {@code entitle.h} under their own names. Methods mapped directly: no proxy on the way. */
    static final class C {
        static native int entitle_abi_version();
        static native String entitle_version();
        static native String entitle_status_name(int status);
        static native Pointer entitle_error_new();
        static native void entitle_error_free(Pointer error);
        static native Pointer entitle_error_message(Pointer error, LongByReference length);
        static native Pointer entitle_error_details(Pointer error, LongByReference length);
        static native Pointer entitle_text_new();
        static native void entitle_text_free(Pointer text);
        static native Pointer entitle_text_data(Pointer text, LongByReference length);
        static native int entitle_engine_open_directory(byte[] path, long length, PointerByReference out, Pointer error);
        static native int entitle_engine_open_texts(Pointer sources, long count, PointerByReference out, Pointer error);
        static native int entitle_engine_reload_texts(Pointer engine, Pointer sources, long count, Pointer error);
        static native int entitle_engine_reload_directory(Pointer engine, byte[] path, long length, Pointer error);
        static native void entitle_engine_free(Pointer engine);
        static native int entitle_engine_snapshot(Pointer engine, PointerByReference out, Pointer error);
        static native int entitle_engine_set_metrics(Pointer engine, Metrics callback, Pointer context, Pointer error);
        static native void entitle_snapshot_free(Pointer snapshot);
        static native int entitle_snapshot_counts(Pointer snapshot, LongByReference policies, LongByReference kinds, LongByReference facts, Pointer error);
        static native int entitle_snapshot_find_policy(Pointer snapshot, byte[] name, long length, LongByReference out, Pointer error);
        static native int entitle_snapshot_find_kind(Pointer snapshot, byte[] name, long length, LongByReference out, Pointer error);
        static native int entitle_snapshot_find_field(Pointer snapshot, long kind, byte[] name, long length, LongByReference out, Pointer error);
        static native int entitle_snapshot_find_value(Pointer snapshot, long field, byte[] name, long length, LongByReference out, Pointer error);
        static native int entitle_policy_index(Pointer snapshot, long policy, LongByReference out, Pointer error);
        static native int entitle_rules_at(Pointer snapshot, int days, PointerByReference out, Pointer error);
        static native void entitle_rules_free(Pointer rules);
        static native Pointer entitle_scratch_new();
        static native void entitle_scratch_free(Pointer scratch);
        static native int entitle_profile_new(Pointer snapshot, PointerByReference out, Pointer error);
        static native int entitle_profile_from_json(Pointer snapshot, byte[] json, long length, int unknown, Pointer notices, PointerByReference out, Pointer error);
        static native void entitle_profile_free(Pointer profile);
        static native int entitle_profile_root(Pointer profile, long kind, IntByReference out, Pointer error);
        static native int entitle_profile_set_yes_no(Pointer profile, int record, long field, int value, Pointer error);
        static native int entitle_profile_set_date(Pointer profile, int record, long field, int days, Pointer error);
        static native int entitle_profile_set_number(Pointer profile, int record, long field, long digits, int scale, Pointer error);
        static native int entitle_profile_set_value(Pointer profile, int record, long field, long value, Pointer error);
        static native int entitle_match(Pointer rules, Pointer profile, Pointer scratch, Pointer verdicts, long length, Pointer error);
        static native int entitle_match_json(Pointer rules, Pointer profile, Pointer out, Pointer error);
        static native int entitle_explain_json(Pointer rules, Pointer profile, long policy, Pointer out, Pointer error);
        static native int entitle_match_batch(Pointer rules, long unit, int flags, Pointer array, Pointer schema, Pointer scratch, Pointer outArray, Pointer outSchema, Pointer error);
        static native int entitle_advice_json(Pointer rules, Pointer profile, long limit, int until, Pointer out, Pointer error);

        static {
            Native.register(C.class, "entitle");
            if (entitle_abi_version() != 1) throw new UnsatisfiedLinkError("the library has another ABI than this class");
        }
    }

    /** Gets every call on an engine; see {@code entitle_metrics} in the header. */
    public interface Metrics extends Callback {
        void invoke(Pointer context, Event event);
    }

    /** A call that ended: which, how, how much it was about, how long it took. */
    @Structure.FieldOrder({"call", "status", "items", "nanoseconds"})
    public static class Event extends Structure {
        public int call;
        public int status;
        public long items;
        public long nanoseconds;
    }

    /** What a verdict says. The order is that of the numbers in the header. */
    public enum Verdict { NOT_IN_FORCE, ELIGIBLE, INELIGIBLE, UNDETERMINED, NOT_PROVED }

    /** A call that failed. */
    public static final class Failure extends RuntimeException {
        /** A status of the header; {@link #STALE} asks to take the snapshot that is in use now. */
        public final int status;
        /** Every finding as JSON, or an empty text. */
        public final String details;
        public static final int STALE = 7;
        public static final int POLICIES = 9;
        public static final int PROFILE = 10;

        Failure(int status, String message, String details) {
            super(C.entitle_status_name(status) + ": " + message);
            this.status = status;
            this.details = details;
        }
    }

    private static final Cleaner CLEANER = Cleaner.create();

    /** What each thread has of its own: an error, a text, and memory to match in. */
    private static final class Local {
        final Pointer error = C.entitle_error_new();
        final Pointer text = C.entitle_text_new();
        final Pointer scratch = C.entitle_scratch_new();
        Memory verdicts = new Memory(256);

        Local() {
            Pointer e = error, t = text, s = scratch;
            CLEANER.register(this, () -> {
                C.entitle_error_free(e);
                C.entitle_text_free(t);
                C.entitle_scratch_free(s);
            });
        }

        void check(int status) {
            if (status != 0) throw new Failure(status, lent(C.entitle_error_message(error, length)), lent(C.entitle_error_details(error, length)));
        }

        final LongByReference length = new LongByReference();

        String lent(Pointer data) {
            return data == null ? "" : new String(data.getByteArray(0, Math.toIntExact(length.getValue())), StandardCharsets.UTF_8);
        }

        String json() {
            return lent(C.entitle_text_data(text, length));
        }
    }

    private static final ThreadLocal<Local> LOCAL = ThreadLocal.withInitial(Local::new);

    /** A handle that is freed once, by {@code close} or when it is collected. */
    private abstract static class Handle implements AutoCloseable {
        final Pointer pointer;
        private final Cleaner.Cleanable cleanable;

        Handle(Pointer pointer, Consumer<Pointer> free) {
            this.pointer = pointer;
            this.cleanable = CLEANER.register(this, () -> free.accept(pointer));
        }

        @Override
        public void close() {
            cleanable.clean();
        }
    }

    private static final class Engine extends Handle {
        Engine(Pointer pointer) {
            super(pointer, C::entitle_engine_free);
        }
    }

    private final Engine engine;
    /** Kept from being collected while native code may call it. */
    private Metrics metrics;

    private Entitle(Pointer pointer) {
        this.engine = new Engine(pointer);
    }

    /** The version of the library. */
    public static String version() {
        return C.entitle_version();
    }

    /** Opens a folder of policies. */
    public static Entitle open(String path) {
        Local local = LOCAL.get();
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        PointerByReference out = new PointerByReference();
        local.check(C.entitle_engine_open_directory(bytes, bytes.length, out, local.error));
        return new Entitle(out.getValue());
    }

    /** Opens policy texts by the names that messages call them. */
    public static Entitle open(Map<String, String> texts) {
        Local local = LOCAL.get();
        PointerByReference out = new PointerByReference();
        List<Memory> keep = new ArrayList<>();
        local.check(C.entitle_engine_open_texts(sources(texts, keep), texts.size(), out, local.error));
        reach(keep);
        return new Entitle(out.getValue());
    }

    /** Puts other texts in place; where they cannot be read the old ones stay, and the failure says why. */
    public void reload(Map<String, String> texts) {
        Local local = LOCAL.get();
        List<Memory> keep = new ArrayList<>();
        local.check(C.entitle_engine_reload_texts(engine.pointer, sources(texts, keep), texts.size(), local.error));
        reach(keep);
    }

    /** The same from a folder. */
    public void reload(String path) {
        Local local = LOCAL.get();
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        local.check(C.entitle_engine_reload_directory(engine.pointer, bytes, bytes.length, local.error));
    }

    /** Tells of every call; once, before the engine is shared. */
    public void metrics(Metrics callback) {
        Local local = LOCAL.get();
        this.metrics = callback;
        local.check(C.entitle_engine_set_metrics(engine.pointer, callback, null, local.error));
    }

    private static void reach(Object keep) {
        java.lang.ref.Reference.reachabilityFence(keep);
    }

    /** An array of entitle_source: four words each. */
    private static Pointer sources(Map<String, String> texts, List<Memory> keep) {
        Memory array = new Memory(Math.max(1, 32L * texts.size()));
        keep.add(array);
        long at = 0;
        for (Map.Entry<String, String> entry : texts.entrySet()) {
            for (String text : new String[] {entry.getKey(), entry.getValue()}) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                Memory memory = new Memory(Math.max(1, bytes.length));
                memory.write(0, bytes, 0, bytes.length);
                keep.add(memory);
                array.setPointer(at, memory);
                array.setLong(at + 8, bytes.length);
                at += 16;
            }
        }
        return array;
    }

    /** The policy set in use now. */
    public Snapshot snapshot() {
        Local local = LOCAL.get();
        PointerByReference out = new PointerByReference();
        local.check(C.entitle_engine_snapshot(engine.pointer, out, local.error));
        reach(this);
        return new Snapshot(out.getValue());
    }

    @Override
    public void close() {
        engine.close();
    }

    /** One state of the policy set. Ids and profiles belong to it. */
    public static final class Snapshot extends Handle {
        private final int policies;

        Snapshot(Pointer pointer) {
            super(pointer, C::entitle_snapshot_free);
            Local local = LOCAL.get();
            LongByReference count = new LongByReference();
            local.check(C.entitle_snapshot_counts(pointer, count, null, null, local.error));
            this.policies = Math.toIntExact(count.getValue());
        }

        private interface Find {
            int call(byte[] name, long length, LongByReference out, Pointer error);
        }

        private long find(String name, Find find) {
            Local local = LOCAL.get();
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            LongByReference out = new LongByReference();
            local.check(find.call(bytes, bytes.length, out, local.error));
            reach(this);
            return out.getValue();
        }

        public long policy(String name) {
            return find(name, (n, l, o, e) -> C.entitle_snapshot_find_policy(pointer, n, l, o, e));
        }

        public long kind(String name) {
            return find(name, (n, l, o, e) -> C.entitle_snapshot_find_kind(pointer, n, l, o, e));
        }

        public long field(long kind, String name) {
            return find(name, (n, l, o, e) -> C.entitle_snapshot_find_field(pointer, kind, n, l, o, e));
        }

        public long value(long field, String name) {
            return find(name, (n, l, o, e) -> C.entitle_snapshot_find_value(pointer, field, n, l, o, e));
        }

        public int index(long policy) {
            Local local = LOCAL.get();
            LongByReference out = new LongByReference();
            local.check(C.entitle_policy_index(pointer, policy, out, local.error));
            reach(this);
            return Math.toIntExact(out.getValue());
        }

        /** How many policies there are: the length of an array of verdicts. */
        public int policies() {
            return policies;
        }

        /** The rules of a day. Keep them: they may be shared. */
        public Rules rules(LocalDate day) {
            Local local = LOCAL.get();
            PointerByReference out = new PointerByReference();
            local.check(C.entitle_rules_at(pointer, Math.toIntExact(day.toEpochDay()), out, local.error));
            reach(this);
            return new Rules(out.getValue(), policies);
        }

        /** A profile that knows nothing. */
        public Profile profile() {
            Local local = LOCAL.get();
            PointerByReference out = new PointerByReference();
            local.check(C.entitle_profile_new(pointer, out, local.error));
            reach(this);
            return new Profile(out.getValue());
        }

        /** A profile from JSON; facts that the vocabulary does not have are a failure, or left out. */
        public Profile profile(String json, boolean leaveOut) {
            Local local = LOCAL.get();
            byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
            PointerByReference out = new PointerByReference();
            local.check(C.entitle_profile_from_json(pointer, bytes, bytes.length, leaveOut ? 1 : 0, null, out, local.error));
            reach(this);
            return new Profile(out.getValue());
        }
    }

    /** One household's facts; those that were not set are unknown. */
    public static final class Profile extends Handle {
        Profile(Pointer pointer) {
            super(pointer, C::entitle_profile_free);
        }

        /** The record that policies for a kind are matched against. */
        public int root(long kind) {
            Local local = LOCAL.get();
            IntByReference out = new IntByReference();
            local.check(C.entitle_profile_root(pointer, kind, out, local.error));
            return out.getValue();
        }

        public Profile set(int record, long field, boolean value) {
            Local local = LOCAL.get();
            local.check(C.entitle_profile_set_yes_no(pointer, record, field, value ? 1 : 0, local.error));
            return this;
        }

        public Profile set(int record, long field, LocalDate value) {
            Local local = LOCAL.get();
            local.check(C.entitle_profile_set_date(pointer, record, field, Math.toIntExact(value.toEpochDay()), local.error));
            return this;
        }

        /** A number in the fact's unit. It is never rounded: one that is finer than the fact is kept is a failure. */
        public Profile set(int record, long field, BigDecimal value) {
            Local local = LOCAL.get();
            BigDecimal plain = value.scale() < 0 ? value.setScale(0) : value;
            BigInteger digits = plain.unscaledValue();
            local.check(C.entitle_profile_set_number(pointer, record, field, digits.longValueExact(), plain.scale(), local.error));
            return this;
        }

        /** One value of an enum, by {@link Snapshot#value}. */
        public Profile setValue(int record, long field, long value) {
            Local local = LOCAL.get();
            local.check(C.entitle_profile_set_value(pointer, record, field, value, local.error));
            return this;
        }
    }

    /** The rules of one day. */
    public static final class Rules extends Handle {
        private static final Verdict[] ALL = Verdict.values();
        private final int policies;

        Rules(Pointer pointer, int policies) {
            super(pointer, C::entitle_rules_free);
            this.policies = policies;
        }

        /** Every policy's verdict as its number in the header, into an array of the caller's. */
        public void match(Profile profile, byte[] verdicts) {
            Local local = LOCAL.get();
            if (local.verdicts.size() < policies) local.verdicts = new Memory(policies);
            local.check(C.entitle_match(pointer, profile.pointer, local.scratch, local.verdicts, policies, local.error));
            local.verdicts.read(0, verdicts, 0, policies);
            reach(this);
            reach(profile);
        }

        /** Every policy's verdict. */
        public Verdict[] match(Profile profile) {
            byte[] bytes = new byte[policies];
            match(profile, bytes);
            Verdict[] verdicts = new Verdict[policies];
            for (int i = 0; i < policies; i++) verdicts[i] = ALL[bytes[i]];
            return verdicts;
        }

        /** {@link #matchBatch}: columns that the vocabulary does not have are left out. */
        public static final int LEAVE_OUT = 1;
        /** {@link #matchBatch}: three-valued logic only; never wrong, but null where the exact answer may be settled. */
        public static final int QUICK = 2;
        /** {@link #matchBatch}: another column with the codes of the conditions behind the verdicts. */
        public static final int REASONS = 4;

        /**
         * The verdicts on every record of a kind in a batch, through the Arrow C Data Interface. The addresses are those of its four
         * structs: with Arrow for Java, {@code memoryAddress()} of two that {@code Data.exportVectorSchemaRoot} filled, and of two new ones
         * that {@code Data.importVectorSchemaRoot} takes the result from. The array is taken, whatever becomes of the call; the schema stays
         * the caller's to release.
         */
        public void matchBatch(long kind, int flags, long array, long schema, long outArray, long outSchema) {
            Local local = LOCAL.get();
            local.check(C.entitle_match_batch(pointer, kind, flags, new Pointer(array), new Pointer(schema), local.scratch,
                new Pointer(outArray), new Pointer(outSchema), local.error));
            reach(this);
        }

        /** Every policy's verdict with reasons, as JSON of the format entitle.match/1. */
        public String report(Profile profile) {
            Local local = LOCAL.get();
            local.check(C.entitle_match_json(pointer, profile.pointer, local.text, local.error));
            reach(this);
            reach(profile);
            return local.json();
        }

        /** One policy's result. */
        public String explain(Profile profile, long policy) {
            Local local = LOCAL.get();
            local.check(C.entitle_explain_json(pointer, profile.pointer, policy, local.text, local.error));
            reach(this);
            reach(profile);
            return local.json();
        }

        /** All advice, as JSON of the format entitle.advice/1. */
        public String advice(Profile profile, int limit, LocalDate until) {
            Local local = LOCAL.get();
            local.check(C.entitle_advice_json(pointer, profile.pointer, limit, Math.toIntExact(until.toEpochDay()), local.text, local.error));
            reach(this);
            reach(profile);
            return local.json();
        }
    }
}
