import { b, Section } from "../step.ts";

function plain(): Section {
  const s = new Section("plain");
  s.get("version", "/version", { headers: ["content-type"] });
  s.get("health", "/health", { headers: ["content-type"] });
  s.get("health without the leader's check", "/health?serializable=true");
  s.get("health without an alarm that is not there", "/health?exclude=NOSPACE&exclude=CORRUPT");
  s.get("metrics", "/metrics", { blur: ["text"], headers: ["content-type"] });
  s.get("debug vars", "/debug/vars", {
    blur: ["cmdline", "memstats", "file_descriptor_limit", "raft.status"],
  });
  for (const path of ["/version", "/health"]) {
    s.request(`POST ${path}`, "POST", path, "{}", {}, { headers: ["allow"] });
  }
  s.request("HEAD /version", "HEAD", "/version", undefined, {});
  s.request("DELETE /health", "DELETE", "/health", undefined, {});
  s.get("anything else", "/nothing/here", { headers: ["content-type"] });
  s.get("the root", "/");
  const ok = (body = "ok\n") => ({ since: "3.6", expect: { status: 200, text: body } });
  s.get("livez", "/livez", ok());
  s.get("readyz", "/readyz", ok());
  s.get("livez without a check", "/livez?exclude=serializable_read", ok());
  for (const check of [
    "data_corruption",
    "serializable_read",
    "linearizable_read",
    "non_learner",
  ]) {
    s.get(`readyz ${check}`, `/readyz/${check}`, ok());
  }
  s.get("livez serializable_read", "/livez/serializable_read", ok());
  s.get("livez verbose", "/livez?verbose", ok("[+]serializable_read ok\nok\n"));
  s.get(
    "readyz without all but one, verbose",
    "/readyz?verbose&exclude=serializable_read&exclude=linearizable_read&exclude=non_learner",
    ok("[+]data_corruption ok\nok\n"),
  );
  const cors = [
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
  ];
  s.request(
    "OPTIONS",
    "OPTIONS",
    "/v3/kv/range",
    undefined,
    { origin: "http://a.example" },
    { headers: cors },
  );
  s.request("OPTIONS anywhere", "OPTIONS", "/nothing", undefined, {}, { headers: cors });
  s.post(
    "CORS of an answer",
    "/v3/kv/range",
    { key: b("x") },
    {
      headers: [...cors, "content-type", "grpc-metadata-content-type"],
    },
  );
  s.post("CORS of an error", "/v3/kv/range", {}, { headers: [...cors, "content-type"] });
  return s;
}

function paths(): Section {
  const s = new Section("paths");
  const body = { key: b("x") };
  s.post("the old prefix", "/v3beta/kv/range", body);
  s.post("the old prefix, put", "/v3beta/kv/put", { key: b("x"), value: b("1") });
  s.post("the oldest prefix", "/v3alpha/kv/range", body);
  s.post("an unknown method", "/v3/kv/nothing", body);
  s.post("an unknown service", "/v3/nothing", body);
  s.post("a trailing slash", "/v3/kv/range/", body);
  s.post("/v3/", "/v3/", body);
  s.request("GET of a method", "GET", "/v3/kv/range", undefined, {});
  s.request("PUT of a method", "PUT", "/v3/kv/put", JSON.stringify(body), {});
  s.request("DELETE of a method", "DELETE", "/v3/kv/deleterange", undefined, {});
  s.post("RangeStream has no route", "/v3/kv/rangestream", body);
  s.post("a query is ignored", "/v3/kv/range?key=abc&limit=5", body);
  return s;
}

function headers(): Section {
  const s = new Section("headers");
  const text = JSON.stringify({ key: b("x") });
  const range = "/v3/kv/range";
  s.request("curl's content type", "POST", range, text, {
    "content-type": "application/x-www-form-urlencoded",
  });
  s.request("no content type", "POST", range, text, { "content-type": "" });
  s.request("an odd content type", "POST", range, text, { "content-type": "image/png" });
  s.request("an odd accept", "POST", range, text, { accept: "text/html" });
  s.request("grpc-timeout", "POST", range, text, { "grpc-timeout": "5S" });
  s.request("grpc-timeout in milliseconds", "POST", range, text, { "grpc-timeout": "5000m" });
  s.request("grpc-timeout of nothing", "POST", range, text, { "grpc-timeout": "0S" });
  s.request("a bad grpc-timeout", "POST", range, text, { "grpc-timeout": "soon" });
  s.request("a grpc-timeout without a unit", "POST", range, text, { "grpc-timeout": "5" });
  s.request("require a leader", "POST", range, text, { "grpc-metadata-hasleader": "true" });
  return s;
}

/** How JSON becomes messages (section 2.1). */
function mapping(): Section {
  const s = new Section("mapping");
  const range = "/v3/kv/range";
  const put = "/v3/kv/put";
  s.post("fixture", put, { key: b("map/?>"), value: b("?>?>") });
  const bodies: Record<string, string> = {
    "an array": "[]",
    "a text": '"text"',
    "a number": "5",
    true: "true",
    "not JSON": "nonsense",
    "a form": "value=",
    truncated: '{"key":"eA=="',
    "truncated text": '{"key":"eA',
    "truncated early": "{",
    "a comma too many": '{"key":"eA==",}',
    "single quotes": "{'key':'eA=='}",
    "a comment": '{"key":"eA==" /* x */}',
    NaN: '{"key":"eA==","limit":NaN}',
    "a fraction": '{"key":"eA==","limit":1.5}',
    "a fraction as text": '{"key":"eA==","limit":"1.5"}',
    "a text for an integer": '{"key":"eA==","limit":"many"}',
    "an empty text for an integer": '{"key":"eA==","limit":""}',
    "true for an integer": '{"key":"eA==","limit":true}',
    "an object for an integer": '{"key":"eA==","limit":{}}',
    "beyond 64 bits": '{"key":"eA==","limit":9223372036854775808}',
    "beyond 64 bits as text": '{"key":"eA==","limit":"9223372036854775808"}',
    "a leading zero": '{"key":"eA==","limit":01}',
    "text for a bool": '{"key":"eA==","keys_only":"true"}',
    "number for a bool": '{"key":"eA==","keys_only":1}',
    "an enum that is not there": '{"key":"eA==","sort_order":"UP"}',
    "an enum in lower case": '{"key":"eA==","sort_order":"ascend"}',
    "a bool for an enum": '{"key":"eA==","sort_order":true}',
    "no base64": '{"key":"!!!!"}',
    "base64 of 5 letters": '{"key":"eA==A"}',
    "a number for bytes": '{"key":5}',
    "an object for bytes": '{"key":{}}',
    "a text for a message": '{"key":"eA==","header":"x"}',
  };
  for (const [name, body] of Object.entries(bodies)) s.post(name, range, body, { malformed: true });
  const txn = "/v3/kv/txn";
  s.post("an object for a list", txn, '{"success":{}}', { malformed: true });
  s.post("a text for a nested message", txn, '{"success":["x"]}', { malformed: true });
  s.post("deep within", txn, '{"success":[{"request_put":{"key":5}}]}', { malformed: true });
  s.post("a negative uint64", "/v3/cluster/member/remove", '{"ID":-1}', { malformed: true });
  s.post("beyond uint64", "/v3/cluster/member/remove", '{"ID":18446744073709551616}', {
    malformed: true,
  });
  s.post("the largest uint64", "/v3/cluster/member/remove", '{"ID":18446744073709551615}');
  s.post("a number for a text", "/v3/auth/user/get", '{"name":5}', { malformed: true });
  const good: Record<string, string> = {
    "white space": ' \n\t{ "key" : "eA==" , "limit" : 1 } \r\n',
    "an unknown value of any form": '{"key":"eA==","x":[1,{"y":[null,true,1e99,"\\u00e9"]}]}',
    "escapes in a name": '{"k\\u0065y":"eA=="}',
    "escapes in a text": '{"key":"e\\u0041=="}',
    "a line end within base64": '{"key":"e\\nA=="}',
    "trailing bytes": '{"key":"eA=="} trailing',
    "a second object": '{"key":"eA=="}{"key":"eQ=="}',
    "an integer as text": '{"key":"eA==","limit":"1"}',
    "a negative zero": '{"key":"eA==","limit":-0}',
    "an enum number": '{"key":"eA==","sort_order":1}',
    "both spellings, the last wins": '{"key":"bWFwLw==","range_end":"AA==","rangeEnd":"bWFwMA=="}',
  };
  for (const [name, body] of Object.entries(good)) s.post(name, range, body);
  s.post("1e0", range, '{"key":"eA==","limit":1e0}', { malformed: true });
  s.post("1.0", range, '{"key":"eA==","limit":1.0}', { malformed: true });
  s.post("the URL-safe alphabet", range, '{"key":"bWFwLz8-"}', { malformed: true });
  s.post("no padding", range, '{"key":"eA"}', { malformed: true });
  s.post("bytes as an array of numbers", range, '{"key":[120]}', { malformed: true });
  s.post("nothing malformed was written", range, { key: b("map/"), range_end: b("map0") });
  return s;
}

function sizes(): Section {
  const s = new Section("sizes");
  const value = (bytes: number) => b("x".repeat(bytes));
  s.post("a value of 1 MiB", "/v3/kv/put", { key: b("big"), value: value(1024 * 1024) });
  s.post("read its key", "/v3/kv/range", { key: b("big"), keys_only: true });
  s.post("a value beyond 1.5 MiB", "/v3/kv/put", { key: b("big2"), value: value(1536 * 1024) });
  s.post("it was not written", "/v3/kv/range", { key: b("big2") });
  s.post("remove it", "/v3/kv/deleterange", { key: b("big") });
  return s;
}

export const http = [plain(), paths(), headers(), mapping(), sizes()];
