/**
 * Reads the JSON body of an administrative request. As with query parameters, an unknown or
 * repeated name is refused: ignoring it would do something other than asked.
 */

import { GrpcCode } from "../../etcd/grpc-code.ts";
import { ApiError } from "../base/error.ts";
import { readBody } from "../http/body.ts";
import type { Asked } from "../http/route.ts";
import { textOfBody } from "../http/utf8.ts";

const maxBodyBytes = 65_536;
/** Characters of an unknown field's name that an error repeats. */
const maxShownChars = 40;

export const bad = (text: string) => new ApiError(GrpcCode.InvalidArgument, text);

/** The fields of a body, none where it is empty. Throws ApiError for any that is not known. */
export async function fieldsOf<Name extends string>(
  { context, request }: Pick<Asked, "context" | "request">,
  known: readonly Name[],
): Promise<{ readonly [name in Name]?: unknown }> {
  const tooLarge = () => bad(`the body is larger than ${maxBodyBytes} bytes`);
  const text = textOfBody(await readBody(context, request, maxBodyBytes, tooLarge));
  const value = text.trim() === "" ? {} : parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad("the body must be a JSON object");
  }
  const seen = new Set<string>();
  for (const name of namesIn(text)) {
    if (!known.some((one) => one === name)) throw unknown(name, known);
    if (seen.has(name)) throw bad(`${name} is there more than once`);
    seen.add(name);
  }
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw bad(`the body is no JSON: ${(error as Error).message}`);
  }
}

/** The names in a valid object, each as often as it is there; JSON.parse keeps the last only. */
function* namesIn(text: string): Iterable<string> {
  let depth = 0;
  for (const [token, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[[\]{}]/g)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    else if (depth === 1 && string !== undefined && colon !== undefined) yield JSON.parse(string);
  }
}

function unknown(name: string, known: readonly string[]): ApiError {
  const shown = JSON.stringify(name.slice(0, maxShownChars));
  const taken = known.length === 0 ? "none" : known.join(", ");
  return bad(`unknown field ${shown}: this request takes ${taken}`);
}
