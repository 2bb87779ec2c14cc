/** WebSocket frames, RFC 6455, section 5.2: as a client writes and reads them. */

const textOpcode = 1;
const closeOpcode = 8;
const finalBit = 0x80;
const maskBit = 0x80;
const maskBytes = 4;

/** A text frame. Its mask is zero, so that what is sent can be read as it is. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text, "utf8");
  return Buffer.concat([header(payload.length), payload]);
}

function header(length: number): Buffer {
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = Buffer.alloc(2 + extended + maskBytes);
  bytes[0] = finalBit | textOpcode;
  bytes[1] = maskBit | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) bytes.writeUInt16BE(length, 2);
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}

export interface Frame {
  readonly closes: boolean;
  readonly text: string;
}

/** Cuts what a server sends into frames: servers mask nothing. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  push(part: Buffer): readonly Frame[] {
    this.#rest = Buffer.concat([this.#rest, part]);
    const found: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) found.push(frame);
    return found;
  }

  #next(): Frame | undefined {
    const bytes = this.#rest;
    if (bytes.length < 2) return undefined;
    const short = (bytes[1] ?? 0) & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < start) return undefined;
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(2)
          : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return undefined;
    this.#rest = bytes.subarray(start + length);
    const closes = ((bytes[0] ?? 0) & 0x0f) === closeOpcode;
    return { closes, text: bytes.subarray(start, start + length).toString("utf8") };
  }
}
