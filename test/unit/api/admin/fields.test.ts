import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldsOf } from "../../../../src/api/admin/fields.ts";
import { ApiError } from "../../../../src/api/base/error.ts";

const known = ["id", "name"] as const;

/** The fields of a body, or the text of the error. */
async function read(body: string, names: readonly string[] = known): Promise<unknown> {
  const context = {
    admit: async () => undefined,
    receive: <T>(reading: () => Promise<T>) => reading(),
  };
  const request = new Request("http://kv/", { method: "POST", body });
  const asked = { context, request } as unknown as Parameters<typeof fieldsOf>[0];
  try {
    return await fieldsOf(asked, names);
  } catch (error) {
    assert.ok(error instanceof ApiError);
    assert.equal(error.httpStatus, 400);
    return error.message;
  }
}

test("the fields of a body are those it may have", async () => {
  assert.deepEqual(await read(""), {});
  assert.deepEqual(await read(" {} "), {});
  assert.deepEqual(await read('{"id":4,"name":"id\\":{"}'), { id: 4, name: 'id":{' });
  // Names further inside are the value's own.
  const nested = { id: { other: [{ id: 1 }], id: 2 }, name: ["id", { name: "{" }] };
  assert.deepEqual(await read(JSON.stringify(nested)), nested);
});

test("an unknown field is refused with those that are known", async () => {
  const takes = (name: string) => `unknown field ${name}: this request takes id, name`;
  assert.equal(await read('{"ID":7}'), takes('"ID"'));
  assert.equal(await read('{"id":{"a":[1]},"name ":"x"}'), takes('"name "'));
  assert.equal(await read('{"__proto__":{"id":1}}'), takes('"__proto__"'));
  assert.equal(await read(`{"${"x".repeat(100)}":1}`), takes(`"${"x".repeat(40)}"`));
  assert.equal(await read('{"id":1}', []), 'unknown field "id": this request takes none');
});

test("a repeated field is refused, however it is written", async () => {
  assert.equal(await read('{"id":1,"id":1}'), "id is there more than once");
  assert.equal(await read('{"id":{},"name":"","\\u0069d" : 1}'), "id is there more than once");
});

test("a body that is no object is refused", async () => {
  for (const body of ["[]", "1", "null", '"id"']) {
    assert.equal(await read(body), "the body must be a JSON object", body);
  }
  assert.match(String(await read("{")), /^the body is no JSON: /);
});
