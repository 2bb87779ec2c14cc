import assert from "node:assert/strict";
import { test } from "node:test";
import { Prng } from "../world/random.ts";
import { checkFamily, type KvOperation, type TxnOutput } from "./kv-model.ts";
import { checkLinearizable, type Model, type Operation } from "./linearizability.ts";

type Register = Operation<{ write?: number }, { read?: number }>;

const register: Model<number, { write?: number }, { read?: number }> = {
  initial: 0,
  step: (state, { write }, output) => {
    if (write !== undefined) return write;
    return output === undefined || output.read === state ? state : undefined;
  },
  key: String,
  pure: ({ write }) => write === undefined,
};

const write = (callAt: number, returnAt: number, value: number): Register => ({
  name: `write ${value}`,
  callAt,
  returnAt,
  input: { write: value },
  output: returnAt === Number.POSITIVE_INFINITY ? undefined : {},
});

const read = (callAt: number, returnAt: number, value: number): Register => ({
  name: `read ${value}`,
  callAt,
  returnAt,
  input: {},
  output: { read: value },
});

const linearizable = (...history: Register[]): boolean =>
  checkLinearizable(register, history).linearizable;

test("a read that follows a write sees it", () => {
  assert.equal(linearizable(write(0, 1, 5), read(2, 3, 5)), true);
  assert.equal(linearizable(write(0, 1, 5), read(2, 3, 0)), false);
});

test("a read that overlaps a write may see either, but never back and forth", () => {
  assert.equal(linearizable(write(0, 10, 5), read(1, 2, 0), read(3, 4, 5)), true);
  assert.equal(linearizable(write(0, 10, 5), read(1, 2, 5), read(3, 4, 0)), false);
});

test("a write of unknown outcome may take effect late or never, and only once", () => {
  const never = Number.POSITIVE_INFINITY;
  assert.equal(linearizable(write(0, never, 5), read(1, 2, 0), read(3, 4, 5)), true);
  assert.equal(linearizable(write(0, never, 5), read(1, 2, 0), read(3, 4, 0)), true);
  assert.equal(
    linearizable(write(0, never, 5), read(1, 2, 5), write(3, 4, 6), read(5, 6, 5)),
    false,
  );
});

test("the failed operation is named together with the states that were possible", () => {
  const verdict = checkLinearizable(register, [write(0, 1, 5), read(2, 3, 4)]);
  assert.ok(!verdict.linearizable);
  assert.match(verdict.reason, /read 4 .* cannot be placed/);
  assert.match(verdict.reason, /^ {4}5$/m);
});

/** Every order that real time allows, one after another. */
function bruteForce(history: readonly Register[]): boolean {
  const search = (state: number, left: readonly Register[]): boolean => {
    if (left.every(({ output }) => output === undefined)) return true;
    const firstReturn = Math.min(...left.map(({ returnAt }) => returnAt));
    return left.some((operation) => {
      if (operation.callAt > firstReturn) return false;
      const next = register.step(state, operation.input, operation.output);
      return (
        next !== undefined &&
        search(
          next,
          left.filter((other) => other !== operation),
        )
      );
    });
  };
  return search(0, history);
}

test("the verdict is that of brute force on small random histories", () => {
  let [good, bad] = [0, 0];
  for (let seed = 0; seed < 4_000; seed++) {
    const random = new Prng(`histories/${seed}`);
    const history = Array.from({ length: random.between(2, 7) }, (_, i): Register => {
      const callAt = random.below(12);
      const returnAt = callAt + random.between(0, 6);
      if (random.chance(0.5)) return read(callAt, returnAt, random.below(4));
      const value = random.chance(0.5) ? random.between(1, 3) : i;
      return write(callAt, random.chance(0.2) ? Number.POSITIVE_INFINITY : returnAt, value);
    });
    const expected = bruteForce(history);
    assert.equal(linearizable(...history), expected, `seed ${seed}: ${JSON.stringify(history)}`);
    if (expected) good += 1;
    else bad += 1;
  }
  assert.ok(good > 500 && bad > 500, `${good} good, ${bad} bad`);
});

const never = Number.POSITIVE_INFINITY;

function txn(
  callAt: number,
  returnAt: number,
  input: Partial<KvOperation["input"]>,
  output?: Partial<TxnOutput>,
): KvOperation {
  const whole = { compares: [], success: [], failure: [], ...input };
  const answer = { succeeded: true, revision: 0, found: [], ...output };
  const name = JSON.stringify(input);
  return { name, callAt, returnAt, input: whole, output: output ? answer : undefined };
}

const put = (callAt: number, returnAt: number, value: string, revision?: number): KvOperation =>
  txn(
    callAt,
    returnAt,
    { success: [{ kind: "put", key: "k", value }] },
    revision === undefined ? undefined : { revision, found: [undefined] },
  );

const get = (callAt: number, value?: string, modRevision = 0): KvOperation =>
  txn(
    callAt,
    callAt + 1,
    { success: [{ kind: "get", key: "k" }] },
    { found: [value === undefined ? undefined : { value, modRevision }] },
  );

test("a compare and swap succeeds for one of two rivals", () => {
  const swap = (callAt: number, value: string, succeeded: boolean, revision: number) =>
    txn(
      callAt,
      callAt + 5,
      {
        compares: [{ key: "k", target: "mod", revision: 2 }],
        success: [{ kind: "put", key: "k", value }],
        failure: [{ kind: "get", key: "k" }],
      },
      succeeded
        ? { revision, found: [undefined] }
        : { succeeded, revision, found: [{ value: "b", modRevision: 3 }] },
    );
  const first = put(0, 1, "a", 2);
  assert.equal(
    checkFamily([first, swap(2, "b", true, 3), swap(3, "c", false, 3)]).linearizable,
    true,
  );
  assert.equal(
    checkFamily([first, swap(2, "b", true, 3), swap(3, "c", true, 4)]).linearizable,
    false,
  );
});

test("a put of unknown outcome that was seen lies before its first sighting", () => {
  assert.equal(checkFamily([put(0, never, "a"), get(1), get(3, "a", 2)]).linearizable, true);
  const back = [put(0, never, "a"), get(1, "a", 2), put(3, 4, "b", 3), get(5, "a", 2)];
  assert.equal(checkFamily(back).linearizable, false);
});

test("a put of unknown outcome that only a serializable read saw counts as seen", () => {
  const swap = txn(
    5,
    6,
    {
      compares: [{ key: "k", target: "mod", revision: 2 }],
      success: [{ kind: "put", key: "k", value: "b" }],
      failure: [{ kind: "get", key: "k" }],
    },
    { revision: 3, found: [undefined] },
  );
  assert.equal(checkFamily([put(0, never, "a"), swap], [get(3, "a", 2)]).linearizable, true);
});

test("two sightings of one value at two revisions are a write applied twice", () => {
  const verdict = checkFamily([put(0, never, "a"), get(1, "a", 2), get(3, "a", 3)]);
  assert.equal(verdict.linearizable, false);
});

test("a hundred open puts that nobody saw cost nothing", () => {
  const open = Array.from({ length: 100 }, (_, i) => put(i, never, `lost ${i}`));
  const verdict = checkFamily([...open, get(200), put(202, 203, "a", 2), get(204, "a", 2)]);
  assert.equal(verdict.linearizable, true);
  assert.ok(verdict.explored < 10);
});

test("deletions of unknown outcome are told apart although watchers missed the first", () => {
  const deletion = (callAt: number): KvOperation =>
    txn(callAt, never, { success: [{ kind: "delete", key: "k" }] });
  const absent = (callAt: number, revision: number): KvOperation =>
    txn(
      callAt,
      callAt + 1,
      { success: [{ kind: "get", key: "k" }] },
      { revision, found: [undefined] },
    );
  // So many at once that no search could try their orders.
  const others = Array.from({ length: 30 }, (_, i) => {
    const success = [{ kind: "put", key: "j", value: `j${i}` }] as const;
    return txn(20, 21, { success }, { revision: 7 + i, found: [undefined] });
  });
  const history = [
    put(0, 1, "a", 2),
    deletion(2),
    absent(4, 3),
    put(6, 7, "b", 4),
    deletion(8),
    absent(10, 5),
    ...others,
  ];
  const seen = [{ key: "k", revision: 5 }];
  assert.equal(checkFamily(history, [], seen).linearizable, true);
});
