import com.sun.jna.Callback;
import com.sun.jna.CallbackReference;
import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;

/**
 * A batch of one column, the days persons were born on, laid out by hand as the Arrow C Data Interface has it, so that the examples
 * need no more than JNA. A service takes Arrow for Java, which does this for any columns; see {@link Entitle.Rules#matchBatch}.
 */
final class Births {
    /** Called with a struct that its holder has no more use for. */
    private interface Release extends Callback {
        void invoke(Pointer struct);
    }

    /** Where {@code release} stands in {@code struct ArrowArray} and in {@code struct ArrowSchema}. */
    private static final int ARRAY_RELEASE = 64;
    private static final int SCHEMA_RELEASE = 56;
    private static final int ARRAY = 80;
    private static final int SCHEMA = 72;
    /** Nothing to free: the memory is this object's. All that is due is to mark the struct as released. */
    private static final Release RELEASED_ARRAY = struct -> struct.setPointer(ARRAY_RELEASE, null);
    private static final Release RELEASED_SCHEMA = struct -> struct.setPointer(SCHEMA_RELEASE, null);

    private final int[] days;
    private final Memory values;
    private final Memory name = text("birth_date");
    private final Memory format = text("tdD");
    private final Memory rows = text("+s");
    private final Memory arrays = new Memory(2 * ARRAY + 4 * Long.BYTES);
    private final Memory schemas = new Memory(2 * SCHEMA + Long.BYTES);
    private final Memory found = new Memory(ARRAY + SCHEMA);

    Births(int[] days) {
        this.days = days;
        values = new Memory((long) days.length * Integer.BYTES);
        values.write(0, days, 0, days.length);
    }

    private static Memory text(String text) {
        Memory memory = new Memory(text.length() + 1);
        memory.setString(0, text);
        return memory;
    }

    private static void fill(Pointer array, long length, Pointer buffers, long buffersCount, Pointer children) {
        long[] numbers = {length, 0, 0, buffersCount, children == null ? 0 : 1};
        array.write(0, numbers, 0, numbers.length);
        array.setPointer(40, buffers);
        array.setPointer(48, children);
        array.setPointer(ARRAY_RELEASE, CallbackReference.getFunctionPointer(RELEASED_ARRAY));
    }

    private static void fill(Pointer schema, Pointer format, Pointer name, Pointer children) {
        schema.setPointer(0, format);
        schema.setPointer(8, name);
        schema.setLong(32, children == null ? 0 : 1);
        schema.setPointer(40, children);
        schema.setPointer(SCHEMA_RELEASE, CallbackReference.getFunctionPointer(RELEASED_SCHEMA));
    }

    /** How many are certainly eligible for the only policy of the rules, and whether all of them are settled. */
    int eligible(Entitle.Rules rules, long person) {
        arrays.clear();
        schemas.clear();
        Pointer column = arrays.share(ARRAY), links = arrays.share(2 * ARRAY), field = schemas.share(SCHEMA), fields = schemas.share(2 * SCHEMA);
        links.setPointer(0, column);
        links.setPointer(16, values);
        fill(column, days.length, links.share(8), 2, null);
        fill(arrays, days.length, links.share(24), 1, links);
        fields.setPointer(0, field);
        fill(field, format, name, null);
        fill(schemas, rows, null, fields);
        long out = Pointer.nativeValue(found);
        rules.matchBatch(person, 0, Pointer.nativeValue(arrays), Pointer.nativeValue(schemas), out, out + ARRAY);
        if (arrays.getPointer(ARRAY_RELEASE) != null) throw new AssertionError("the array was not taken");
        Pointer verdicts = found.getPointer(48).getPointer(0), buffers = verdicts.getPointer(40);
        int bytes = (days.length + 7) / 8;
        byte[] known = buffers.getPointer(0) == null ? null : buffers.getPointer(0).getByteArray(0, bytes);
        byte[] yes = buffers.getPointer(8).getByteArray(0, bytes);
        int eligible = 0;
        for (int i = 0; i < days.length; i++) {
            if (known != null && (known[i / 8] >> (i % 8) & 1) == 0) throw new AssertionError("undetermined");
            eligible += yes[i / 8] >> (i % 8) & 1;
        }
        release(found, ARRAY_RELEASE);
        release(found.share(ARRAY), SCHEMA_RELEASE);
        return eligible;
    }

    private static void release(Pointer struct, int at) {
        Function.getFunction(struct.getPointer(at)).invokeVoid(new Object[] {struct});
    }
}
