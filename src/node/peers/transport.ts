import { encodeMessage } from "../../proto/codec.ts";
import { messageOf } from "../../proto/errors.ts";
import type { Message } from "../../proto/raftpb.ts";
import type { Id64 } from "../../rpc/id64.ts";
import type { PeerSocket, SocketReceiver } from "../world/environment.ts";
import type { Tuning } from "../world/tuning.ts";
import type { TurnEnvironment } from "../world/turn-environment.ts";
import { decodeFrame, type Envelope, type Frame } from "./frame-codec.ts";
import { Link } from "./link.ts";
import { type Roster, refusal, removalOf } from "./peers.ts";

/** Events of the transport; each call is a turn of its own. */
export interface TransportEvents {
  /** Encoded raft messages from an accepted sender. */
  received(from: number, messages: readonly Uint8Array[]): void;
  /** The peer cannot be reached now (raft's ReportUnreachable). */
  unreachable(peer: number): void;
  /** A peer reports that this member was removed from the cluster. */
  removed(): void;
  /** A frame was refused because of its envelope. */
  refused(envelope: Envelope): void;
}

/** The sockets to one peer, and when it may be dialled again. */
interface Peer {
  readonly id: number;
  /** The instance learned from frames; one in the configuration takes precedence. */
  instance: Id64;
  /** Links, newest last. */
  readonly links: Link[];
  backoffMs: number;
  notBeforeMs: number;
}

const policyViolation = 1008;
const goingAway = 1001;
const maxPeers = 64;
const maxLinks = 4;

/**
 * Frames between members: one socket for each peer, dialled by the member that has something to
 * send and used by both. A message that cannot be sent is dropped and reported: raft repeats what
 * matters.
 */
export class Transport {
  readonly #environment: TurnEnvironment;
  readonly #tuning: Tuning;
  /** The identities of this member and its peers. */
  readonly #roster: Roster;
  readonly #events: TransportEvents;
  readonly #peers = new Map<number, Peer>();
  /** Accepted sockets whose sender is not known yet. */
  readonly #anonymous = new Set<PeerSocket>();
  /** Nobody is dialled: what has no socket is not sent. */
  quiet = false;
  /** Frames by what became of them, for the status. */
  readonly counters = { sent: 0, received: 0, refused: 0, stale: 0, dropped: 0, dials: 0 };

  constructor(
    environment: TurnEnvironment,
    tuning: Tuning,
    roster: Roster,
    events: TransportEvents,
  ) {
    this.#environment = environment;
    this.#tuning = tuning;
    this.#roster = roster;
    this.#events = events;
  }

  /**
   * Sends messages, those to one peer as one frame. Returns the peers that could not be sent
   * theirs: no socket is possible now, or the window is full.
   */
  send(messages: readonly Message[]): readonly number[] {
    const batches = new Map<number, Uint8Array[]>();
    for (const message of messages) {
      const batch = batches.get(message.to);
      if (batch === undefined) batches.set(message.to, [encodeMessage(message)]);
      else batch.push(encodeMessage(message));
    }
    const unreachable: number[] = [];
    for (const [id, batch] of batches) {
      if (this.#sendTo(id, batch)) this.counters.sent += 1;
      else {
        this.counters.dropped += 1;
        unreachable.push(id);
      }
    }
    return unreachable;
  }

  /** Accepts a socket that a peer dialled, or that survived the memory of an earlier instance. */
  accept(socket: PeerSocket): SocketReceiver {
    const bound: { link: Link | undefined; peer: Peer | undefined } = {
      link: undefined,
      peer: undefined,
    };
    this.#anonymous.add(socket);
    return {
      frame: (bytes) => {
        const frame = this.#accepted(bytes, socket);
        if (frame === undefined) return;
        if (bound.link === undefined || bound.peer === undefined) {
          const peer = this.#peer(frame.envelope.from, frame.envelope.fromInstance);
          if (peer === undefined) return;
          this.#anonymous.delete(socket);
          bound.peer = peer;
          bound.link = this.#addLink(peer, socket);
        }
        this.#arrived(bound.peer, bound.link, frame);
      },
      closed: (reason) => {
        this.#anonymous.delete(socket);
        this.#heard(reason);
        if (bound.peer !== undefined && bound.link !== undefined) {
          this.#lost(bound.peer, bound.link);
        }
      },
    };
  }

  /** The envelope for messages to `to`. */
  envelope(to: number): Envelope {
    const roster = this.#roster;
    const { cluster, memberId: from, instance: fromInstance } = roster;
    const toInstance = roster.instanceOf(to) || (this.#peers.get(to)?.instance ?? "");
    return { cluster, from, fromInstance, to, toInstance };
  }

  /** Closes all sockets of a peer, or of all peers (0). */
  close(peer: number, reason: string): void {
    for (const { id, links } of [...this.#peers.values()]) {
      if (peer !== 0 && id !== peer) continue;
      for (const link of links) link.close(goingAway, reason);
      this.#peers.delete(id);
    }
    if (peer !== 0) return;
    for (const socket of this.#anonymous) socket.close(goingAway, reason);
    this.#anonymous.clear();
  }

  #sendTo(id: number, batch: readonly Uint8Array[]): boolean {
    const envelope = this.envelope(id);
    // Without a known instance no frame would be accepted: there is nothing to dial.
    if (envelope.toInstance === "") return false;
    const peer = this.#peer(id, envelope.toInstance);
    if (peer === undefined) return false;
    const link = this.#linkFor(peer);
    if (link === undefined) return false;
    link.envelope = envelope;
    return link.send(batch, this.#environment.now());
  }

  /**
   * The newest socket that answers, else one that may still answer, else a new one if dialling is
   * allowed. A silent socket stays: it may only be slow.
   */
  #linkFor(peer: Peer): Link | undefined {
    const now = this.#environment.now();
    const answers = peer.links.findLast((link) => link.confirmed && !link.silent(now));
    if (answers !== undefined) return answers;
    const newest = peer.links.at(-1);
    if (newest !== undefined && !newest.silent(now)) return newest;
    return (this.quiet ? undefined : this.#dial(peer)) ?? newest;
  }

  #dial(peer: Peer): Link | undefined {
    const now = this.#environment.now();
    // After a backward clock jump the wait is still at most the backoff.
    const wait = peer.notBeforeMs - now;
    if (wait > 0 && wait <= this.#tuning.redialMaxMs) return undefined;
    const { redialMinMs, redialMaxMs } = this.#tuning;
    peer.backoffMs = Math.min(redialMaxMs, Math.max(redialMinMs, peer.backoffMs * 2));
    const half = Math.ceil(peer.backoffMs / 2);
    peer.notBeforeMs = now + half + this.#environment.random.below(half + 1);
    this.counters.dials += 1;
    const bound: { link: Link | undefined } = { link: undefined };
    const socket = this.#environment.dial(peer.id, {
      frame: (bytes) => {
        const frame = this.#accepted(bytes, socket);
        if (frame === undefined || bound.link === undefined) return;
        if (frame.envelope.from === peer.id) this.#arrived(peer, bound.link, frame);
        else socket.close(policyViolation, `frames of member ${frame.envelope.from}`);
      },
      closed: (reason) => {
        this.#heard(reason);
        if (bound.link !== undefined) this.#lost(peer, bound.link);
      },
    });
    bound.link = this.#addLink(peer, socket);
    return bound.link;
  }

  /** The frame, if it is valid and its envelope holds; otherwise closes the socket. */
  #accepted(bytes: Uint8Array, socket: PeerSocket): Frame | undefined {
    let reason: string;
    try {
      const frame = decodeFrame(bytes);
      reason = refusal(this.#roster, frame.envelope);
      if (reason === "") return frame;
      this.#events.refused(frame.envelope);
    } catch (error) {
      reason = `no frame: ${messageOf(error)}`;
    }
    this.counters.refused += 1;
    this.#environment.log.debug(`frame refused: ${reason}`);
    socket.close(policyViolation, reason.slice(0, 120));
    return undefined;
  }

  #arrived(peer: Peer, link: Link, frame: Frame): void {
    peer.instance = frame.envelope.fromInstance;
    peer.backoffMs = 0;
    peer.notBeforeMs = 0;
    const arrival = link.arrived(frame);
    if (arrival === "gap") {
      this.#environment.log.warn(`a frame of member ${peer.id} is missing: socket closed`);
      link.close(policyViolation, "a frame is missing");
      this.#lost(peer, link);
    } else if (arrival === "stale") this.counters.stale += 1;
    else if (frame.messages.length > 0) {
      this.counters.received += 1;
      this.#events.received(peer.id, frame.messages);
    }
  }

  #lost(peer: Peer, link: Link): void {
    link.forget();
    const at = peer.links.indexOf(link);
    if (at >= 0) peer.links.splice(at, 1);
    if (at >= 0 && peer.links.length === 0) this.#events.unreachable(peer.id);
  }

  /** Checks whether a peer refused a frame because this member was removed. */
  #heard(reason: string): void {
    if (reason.endsWith(removalOf(this.#roster.memberId))) this.#events.removed();
  }

  #addLink(peer: Peer, socket: PeerSocket): Link {
    const { timers } = this.#environment;
    const link = new Link(socket, this.envelope(peer.id), timers, this.#tuning);
    peer.links.push(link);
    // Two members may dial each other at once; more sockets are leftovers of resets.
    while (peer.links.length > maxLinks) peer.links.shift()?.close(goingAway, "superseded");
    return link;
  }

  #peer(id: number, instance: Id64): Peer | undefined {
    const known = this.#peers.get(id);
    if (known !== undefined) {
      if (known.instance === instance) return known;
      // Sockets of an instance that the configuration has replaced are closed.
      this.close(id, "another instance");
    }
    if (this.#peers.size >= maxPeers) return undefined;
    const peer: Peer = {
      id,
      instance,
      links: [],
      backoffMs: 0,
      notBeforeMs: 0,
    };
    this.#peers.set(id, peer);
    return peer;
  }
}
