import { b, Section } from "../step.ts";

const watch = "/v3/watch";
const put = "/v3/kv/put";
const remove = "/v3/kv/deleterange";

const create = (request: object) => ({ create_request: request });
const text = (...requests: object[]) => requests.map((request) => JSON.stringify(request)).join("");

function history(): Section {
  const s = new Section("watch history");
  s.post("a", put, { key: b("w/a"), value: b("1") }, { save: { one: "header.revision" } });
  s.post("b", put, { key: b("w/b"), value: b("1") });
  s.post("a again", put, { key: b("w/a"), value: b("2") }, { save: { three: "header.revision" } });
  s.post("both in one revision", "/v3/kv/txn", {
    success: [
      { request_put: { key: b("w/c"), value: b("1") } },
      { request_delete_range: { key: b("w/b") } },
      { request_put: { key: b("w/d"), value: b("1") } },
    ],
  });
  s.post("delete", remove, { key: b("w/a") }, { save: { last: "header.revision" } });
  const all = { key: b("w/"), range_end: b("w0"), start_revision: "$one" };
  s.stream("all of it", watch, create(all), 2);
  s.stream("from the middle", watch, create({ ...all, start_revision: "$three" }), 2);
  s.stream("one key", watch, create({ key: b("w/a"), start_revision: "$one" }), 2);
  s.stream("from key", watch, create({ ...all, key: b("w/c"), range_end: b("\0") }), 2);
  s.stream("prev_kv", watch, create({ ...all, prev_kv: true }), 2);
  s.stream("NOPUT", watch, create({ ...all, filters: ["NOPUT"] }), 2);
  s.stream("NODELETE", watch, create({ ...all, filters: ["NODELETE"] }), 2);
  s.stream("filter by number", watch, create({ ...all, filters: [1] }), 2);
  s.stream("both filters", watch, create({ ...all, filters: [0, 1] }), 1);
  s.stream("fragment", watch, create({ ...all, fragment: true }), 2);
  s.stream("progress_notify", watch, create({ ...all, progress_notify: true }), 2);
  s.stream("own watch_id", watch, create({ ...all, watch_id: 7 }), 2);
  s.stream("own watch_id as text", watch, create({ ...all, watch_id: "8" }), 2);
  s.stream("a watch_id of 64 bits", watch, create({ ...all, watch_id: "4611686018427387905" }), 2);
  s.stream(
    "lowerCamelCase names",
    watch,
    {
      createRequest: { key: b("w/"), rangeEnd: b("w0"), startRevision: "$one", prevKv: true },
    },
    2,
  );
  s.stream(
    "start_revision as a number",
    watch,
    `{"create_request":{"key":"${b("w/a")}","start_revision":$one}}`,
    2,
  );
  return s;
}

function live(): Section {
  const s = new Section("watch live");
  const events = (name: string, request: object, ...bodies: [string, object][]) => {
    s.open(name, watch, create(request), 1);
    for (const [i, [path, body]] of bodies.entries()) {
      s.post(`${name}: ${path} (${i + 1})`, path, body);
      s.read(name, 1);
    }
    s.close(name);
  };
  const all = { key: b("l/"), range_end: b("l0") };
  const body = { key: b("l/a"), value: b("1") };
  events("a put and a delete", all, [put, body], [remove, { key: b("l/a") }]);
  events(
    "prev_kv",
    { ...all, prev_kv: true },
    [put, body],
    [put, { ...body, value: b("22") }],
    [remove, { key: b("l/a") }],
  );
  events(
    "one revision is one message",
    all,
    [
      "/v3/kv/txn",
      { success: ["x", "y", "z"].map((k) => ({ request_put: { key: b(`l/${k}`), value: b(k) } })) },
    ],
    [remove, all],
  );
  s.open("NOPUT", watch, create({ ...all, filters: ["NOPUT"] }), 1);
  s.post("NOPUT: put", put, body);
  s.post("NOPUT: delete", remove, { key: b("l/a") });
  s.read("NOPUT", 1);
  s.close("NOPUT");
  s.open("other keys are silent", watch, create({ key: b("l/mine") }), 1);
  s.post("a put elsewhere", put, { key: b("l/other"), value: b("1") });
  s.post("a put here", put, { key: b("l/mine"), value: b("1") });
  s.read("other keys are silent", 1);
  s.close("other keys are silent");
  s.open("an empty key is key 00", watch, create({ key: "", range_end: b("\0") }), 1);
  s.post("anything", put, { key: b("l/any"), value: b("1") });
  s.read("an empty key is key 00", 1);
  s.close("an empty key is key 00");
  s.post("where we are", "/v3/kv/range", { key: b("none") }, { save: { here: "header.revision" } });
  return s;
}

function several(): Section {
  const s = new Section("watch several");
  const one = create({ key: b("s/1"), watch_id: 1 });
  s.stream(
    "ids are counted from 0",
    watch,
    text(create({ key: b("s/a") }), create({ key: b("s/b") })),
    2,
  );
  const mixed = text(
    one,
    create({ key: b("s/a") }),
    create({ key: b("s/b") }),
    create({ key: b("s/c") }),
  );
  s.stream("ids in use are skipped", watch, mixed, 4);
  s.stream("an id twice", watch, text(one, one), 2);
  s.stream(
    "cancel",
    watch,
    text(create({ key: b("s/a") }), one, { cancel_request: { watch_id: "1" } }),
    3,
  );
  s.stream("cancelRequest of 0", watch, text(create({ key: b("s/a") }), { cancelRequest: {} }), 2);
  s.stream(
    "an id is not reused",
    watch,
    text(create({ key: b("s/a") }), { cancel_request: {} }, create({ key: b("s/b") })),
    3,
  );
  s.stream(
    "cancel of an unknown id is silent",
    watch,
    text({ cancel_request: { watch_id: 99 } }, one),
    1,
  );
  s.stream("progress_request", watch, text(create({ key: b("s/a") }), { progress_request: {} }), 2);
  s.stream("progressRequest", watch, text(create({ key: b("s/a") }), { progressRequest: {} }), 2);
  s.open(
    "both get an event",
    watch,
    text(one, create({ key: b("s/"), range_end: b("s0"), watch_id: 2 })),
    2,
  );
  s.post("the event", put, { key: b("s/2"), value: b("1") });
  s.read("both get an event", 1);
  s.close("both get an event");
  s.stream("an empty range", watch, create({ key: b("s/b"), range_end: b("s/a") }), 1);
  s.stream("an equal range", watch, create({ key: b("s/b"), range_end: b("s/b") }), 1);
  s.stream("garbage after a request ends the input", watch, `${text(one)} nonsense`, 1);
  s.stream("a request that is none of them", watch, `{"key":"Yg=="}${text(one)}`, 1);
  return s;
}

function webSockets(): Section {
  const s = new Section("watch by WebSocket");
  const all = { key: b("ws/"), range_end: b("ws0") };
  s.webSocket("one", watch, create({ ...all, watch_id: 1 }), 1);
  s.post("a put", put, { key: b("ws/a"), value: b("1") });
  s.read("one", 1);
  s.send("one", [create({ key: b("ws/a"), watch_id: "2" })], 1);
  s.send("one", [{ progress_request: {} }], 1);
  s.send("one", [{ cancel_request: { watch_id: 1 } }], 1);
  s.post("another put", put, { key: b("ws/a"), value: b("2") });
  s.read("one", 1);
  s.close("one");
  s.webSocket("keepalive", "/v3/lease/keepalive", { ID: 999 }, 1);
  s.close("keepalive");
  s.webSocket("a unary call", "/v3/kv/range", { key: b("ws/a") }, 1);
  s.close("a unary call");
  return s;
}

export const watches = [history(), live(), several(), webSockets()];
