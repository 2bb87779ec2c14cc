/** durable-raft by a service binding: etcd's JSON API, and /kv. Copy this file with an example. */

export interface KvBindings {
  readonly KV: Fetcher;
  /** The deployment's token; a development server wants none. */
  readonly TOKEN?: string;
}

/** What the store answers in place of a result. */
export class KvError extends Error {
  override readonly name = "KvError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Whether asking again may help: anything but a plain refusal (4xx). A write that ended so may have
 * been carried out all the same, now or later: repeat only what may happen twice.
 */
export const isPassing = (error: unknown): boolean =>
  !(error instanceof KvError) || error.status >= 500 || error.status === 429;

/** The response, whatever its status. */
export function kvFetch(bindings: KvBindings, path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (bindings.TOKEN) headers.set("authorization", `Bearer ${bindings.TOKEN}`);
  // A binding goes to that Worker whatever the host is called.
  return bindings.KV.fetch(`http://kv${path}`, { ...init, headers });
}

/** The answer of a method of etcd's: "lease/grant". Throws KvError, and what fetch throws. */
export async function call<T>(
  bindings: KvBindings,
  method: string,
  message: object,
  signal?: AbortSignal,
): Promise<T> {
  const init = { method: "POST", body: JSON.stringify(message), signal: signal ?? null };
  const response = await kvFetch(bindings, `/v3/${method}`, init);
  const text = await response.text();
  if (!response.ok) throw new KvError(response.status, text);
  return JSON.parse(text) as T;
}

/** Bytes are base64 in etcd's JSON. */
export const base64 = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)));
export const textOf = (bytes: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0)));
