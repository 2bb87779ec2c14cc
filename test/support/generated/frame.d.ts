import * as $protobuf from "protobufjs/minimal.js";

/** Namespace framepb. */
export namespace framepb {

    /**
     * Properties of an Envelope.
     * @deprecated Use framepb.Envelope.$Properties instead.
     */
    interface IEnvelope extends framepb.Envelope.$Properties {
    }

    /** Represents an Envelope. */
    class Envelope {

        /**
         * Constructs a new Envelope.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.Envelope.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Envelope format. */
        format: number;

        /** Envelope cluster. */
        cluster: Uint8Array;

        /** Envelope from. */
        from: number;

        /** Envelope fromInstance. */
        fromInstance: Uint8Array;

        /** Envelope to. */
        to: number;

        /** Envelope toInstance. */
        toInstance: Uint8Array;

        /**
         * Encodes the specified Envelope message. Does not implicitly {@link framepb.Envelope.verify|verify} messages.
         * @param message Envelope message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.Envelope.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Envelope message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.Envelope & framepb.Envelope.$Shape} Envelope
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.Envelope & framepb.Envelope.$Shape;
    }

    namespace Envelope {

        /** Properties of an Envelope. */
        interface $Properties {

            /** Envelope format */
            format?: (number|null);

            /** Envelope cluster */
            cluster?: (Uint8Array|null);

            /** Envelope from */
            from?: (number|null);

            /** Envelope fromInstance */
            fromInstance?: (Uint8Array|null);

            /** Envelope to */
            to?: (number|null);

            /** Envelope toInstance */
            toInstance?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Envelope. */
        type $Shape = framepb.Envelope.$Properties;
    }

    /**
     * Properties of a Frame.
     * @deprecated Use framepb.Frame.$Properties instead.
     */
    interface IFrame extends framepb.Frame.$Properties {
    }

    /** Represents a Frame. */
    class Frame {

        /**
         * Constructs a new Frame.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.Frame.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Frame envelope. */
        envelope?: (framepb.Envelope.$Properties|null);

        /** Frame sequence. */
        sequence: number;

        /** Frame acknowledged. */
        acknowledged: number;

        /** Frame messages. */
        messages: Uint8Array[];

        /**
         * Encodes the specified Frame message. Does not implicitly {@link framepb.Frame.verify|verify} messages.
         * @param message Frame message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.Frame.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Frame message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.Frame & framepb.Frame.$Shape} Frame
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.Frame & framepb.Frame.$Shape;
    }

    namespace Frame {

        /** Properties of a Frame. */
        interface $Properties {

            /** Frame envelope */
            envelope?: (framepb.Envelope.$Properties|null);

            /** Frame sequence */
            sequence?: (number|null);

            /** Frame acknowledged */
            acknowledged?: (number|null);

            /** Frame messages */
            messages?: (Uint8Array[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Frame. */
        type $Shape = framepb.Frame.$Properties;
    }

    /**
     * Properties of a Call.
     * @deprecated Use framepb.Call.$Properties instead.
     */
    interface ICall extends framepb.Call.$Properties {
    }

    /** Represents a Call. */
    class Call {

        /**
         * Constructs a new Call.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.Call.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Call envelope. */
        envelope?: (framepb.Envelope.$Properties|null);

        /** Call message. */
        message: Uint8Array;

        /** Call chunk. */
        chunk?: (framepb.ChunkRequest.$Properties|null);

        /** Call join. */
        join?: (framepb.JoinRequest.$Properties|null);

        /** Call reason. */
        reason: string;

        /** Call sleep. */
        sleep?: (framepb.Stand.$Properties|null);

        /**
         * Encodes the specified Call message. Does not implicitly {@link framepb.Call.verify|verify} messages.
         * @param message Call message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.Call.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Call message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.Call & framepb.Call.$Shape} Call
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.Call & framepb.Call.$Shape;
    }

    namespace Call {

        /** Properties of a Call. */
        interface $Properties {

            /** Call envelope */
            envelope?: (framepb.Envelope.$Properties|null);

            /** Call message */
            message?: (Uint8Array|null);

            /** Call chunk */
            chunk?: (framepb.ChunkRequest.$Properties|null);

            /** Call join */
            join?: (framepb.JoinRequest.$Properties|null);

            /** Call reason */
            reason?: (string|null);

            /** Call sleep */
            sleep?: (framepb.Stand.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Call. */
        type $Shape = framepb.Call.$Properties;
    }

    /**
     * Properties of a CallResponse.
     * @deprecated Use framepb.CallResponse.$Properties instead.
     */
    interface ICallResponse extends framepb.CallResponse.$Properties {
    }

    /** Represents a CallResponse. */
    class CallResponse {

        /**
         * Constructs a new CallResponse.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.CallResponse.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** CallResponse envelope. */
        envelope?: (framepb.Envelope.$Properties|null);

        /** CallResponse message. */
        message: Uint8Array;

        /** CallResponse chunk. */
        chunk: Uint8Array;

        /** CallResponse join. */
        join?: (framepb.JoinResponse.$Properties|null);

        /** CallResponse refused. */
        refused: string;

        /** CallResponse fingerprints. */
        fingerprints?: (framepb.Fingerprints.$Properties|null);

        /** CallResponse sleep. */
        sleep?: (framepb.Stand.$Properties|null);

        /**
         * Encodes the specified CallResponse message. Does not implicitly {@link framepb.CallResponse.verify|verify} messages.
         * @param message CallResponse message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.CallResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a CallResponse message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.CallResponse & framepb.CallResponse.$Shape} CallResponse
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.CallResponse & framepb.CallResponse.$Shape;
    }

    namespace CallResponse {

        /** Properties of a CallResponse. */
        interface $Properties {

            /** CallResponse envelope */
            envelope?: (framepb.Envelope.$Properties|null);

            /** CallResponse message */
            message?: (Uint8Array|null);

            /** CallResponse chunk */
            chunk?: (Uint8Array|null);

            /** CallResponse join */
            join?: (framepb.JoinResponse.$Properties|null);

            /** CallResponse refused */
            refused?: (string|null);

            /** CallResponse fingerprints */
            fingerprints?: (framepb.Fingerprints.$Properties|null);

            /** CallResponse sleep */
            sleep?: (framepb.Stand.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a CallResponse. */
        type $Shape = framepb.CallResponse.$Properties;
    }

    /**
     * Properties of a Stand.
     * @deprecated Use framepb.Stand.$Properties instead.
     */
    interface IStand extends framepb.Stand.$Properties {
    }

    /** Represents a Stand. */
    class Stand {

        /**
         * Constructs a new Stand.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.Stand.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Stand term. */
        term: number;

        /** Stand lead. */
        lead: number;

        /** Stand index. */
        index: number;

        /** Stand indexTerm. */
        indexTerm: number;

        /** Stand last. */
        last: number;

        /** Stand lastTerm. */
        lastTerm: number;

        /** Stand asleep. */
        asleep: boolean;

        /** Stand leaseMs. */
        leaseMs: number;

        /**
         * Encodes the specified Stand message. Does not implicitly {@link framepb.Stand.verify|verify} messages.
         * @param message Stand message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.Stand.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Stand message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.Stand & framepb.Stand.$Shape} Stand
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.Stand & framepb.Stand.$Shape;
    }

    namespace Stand {

        /** Properties of a Stand. */
        interface $Properties {

            /** Stand term */
            term?: (number|null);

            /** Stand lead */
            lead?: (number|null);

            /** Stand index */
            index?: (number|null);

            /** Stand indexTerm */
            indexTerm?: (number|null);

            /** Stand last */
            last?: (number|null);

            /** Stand lastTerm */
            lastTerm?: (number|null);

            /** Stand asleep */
            asleep?: (boolean|null);

            /** Stand leaseMs */
            leaseMs?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Stand. */
        type $Shape = framepb.Stand.$Properties;
    }

    /**
     * Properties of a Fingerprints.
     * @deprecated Use framepb.Fingerprints.$Properties instead.
     */
    interface IFingerprints extends framepb.Fingerprints.$Properties {
    }

    /** Represents a Fingerprints. */
    class Fingerprints {

        /**
         * Constructs a new Fingerprints.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.Fingerprints.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Fingerprints fingerprints. */
        fingerprints: framepb.Fingerprint.$Properties[];

        /**
         * Encodes the specified Fingerprints message. Does not implicitly {@link framepb.Fingerprints.verify|verify} messages.
         * @param message Fingerprints message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.Fingerprints.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Fingerprints message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.Fingerprints & framepb.Fingerprints.$Shape} Fingerprints
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.Fingerprints & framepb.Fingerprints.$Shape;
    }

    namespace Fingerprints {

        /** Properties of a Fingerprints. */
        interface $Properties {

            /** Fingerprints fingerprints */
            fingerprints?: (framepb.Fingerprint.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Fingerprints. */
        type $Shape = framepb.Fingerprints.$Properties;
    }

    /**
     * Properties of a Fingerprint.
     * @deprecated Use framepb.Fingerprint.$Properties instead.
     */
    interface IFingerprint extends framepb.Fingerprint.$Properties {
    }

    /** Represents a Fingerprint. */
    class Fingerprint {

        /**
         * Constructs a new Fingerprint.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.Fingerprint.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Fingerprint index. */
        index: number;

        /** Fingerprint sum. */
        sum: Uint8Array;

        /**
         * Encodes the specified Fingerprint message. Does not implicitly {@link framepb.Fingerprint.verify|verify} messages.
         * @param message Fingerprint message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.Fingerprint.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Fingerprint message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.Fingerprint & framepb.Fingerprint.$Shape} Fingerprint
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.Fingerprint & framepb.Fingerprint.$Shape;
    }

    namespace Fingerprint {

        /** Properties of a Fingerprint. */
        interface $Properties {

            /** Fingerprint index */
            index?: (number|null);

            /** Fingerprint sum */
            sum?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Fingerprint. */
        type $Shape = framepb.Fingerprint.$Properties;
    }

    /**
     * Properties of a ChunkRequest.
     * @deprecated Use framepb.ChunkRequest.$Properties instead.
     */
    interface IChunkRequest extends framepb.ChunkRequest.$Properties {
    }

    /** Represents a ChunkRequest. */
    class ChunkRequest {

        /**
         * Constructs a new ChunkRequest.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.ChunkRequest.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ChunkRequest index. */
        index: number;

        /** ChunkRequest term. */
        term: number;

        /** ChunkRequest manifestCrc. */
        manifestCrc: number;

        /** ChunkRequest cursor. */
        cursor: Uint8Array;

        /** ChunkRequest aboveRevision. */
        aboveRevision: number;

        /**
         * Encodes the specified ChunkRequest message. Does not implicitly {@link framepb.ChunkRequest.verify|verify} messages.
         * @param message ChunkRequest message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.ChunkRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ChunkRequest message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.ChunkRequest & framepb.ChunkRequest.$Shape} ChunkRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.ChunkRequest & framepb.ChunkRequest.$Shape;
    }

    namespace ChunkRequest {

        /** Properties of a ChunkRequest. */
        interface $Properties {

            /** ChunkRequest index */
            index?: (number|null);

            /** ChunkRequest term */
            term?: (number|null);

            /** ChunkRequest manifestCrc */
            manifestCrc?: (number|null);

            /** ChunkRequest cursor */
            cursor?: (Uint8Array|null);

            /** ChunkRequest aboveRevision */
            aboveRevision?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ChunkRequest. */
        type $Shape = framepb.ChunkRequest.$Properties;
    }

    /**
     * Properties of a JoinRequest.
     * @deprecated Use framepb.JoinRequest.$Properties instead.
     */
    interface IJoinRequest extends framepb.JoinRequest.$Properties {
    }

    /** Represents a JoinRequest. */
    class JoinRequest {

        /**
         * Constructs a new JoinRequest.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.JoinRequest.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** JoinRequest member. */
        member: number;

        /**
         * Encodes the specified JoinRequest message. Does not implicitly {@link framepb.JoinRequest.verify|verify} messages.
         * @param message JoinRequest message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.JoinRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a JoinRequest message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.JoinRequest & framepb.JoinRequest.$Shape} JoinRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.JoinRequest & framepb.JoinRequest.$Shape;
    }

    namespace JoinRequest {

        /** Properties of a JoinRequest. */
        interface $Properties {

            /** JoinRequest member */
            member?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a JoinRequest. */
        type $Shape = framepb.JoinRequest.$Properties;
    }

    /**
     * Properties of a JoinResponse.
     * @deprecated Use framepb.JoinResponse.$Properties instead.
     */
    interface IJoinResponse extends framepb.JoinResponse.$Properties {
    }

    /** Represents a JoinResponse. */
    class JoinResponse {

        /**
         * Constructs a new JoinResponse.
         * @param [properties] Properties to set
         */
        constructor(properties?: framepb.JoinResponse.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** JoinResponse instance. */
        instance: Uint8Array;

        /** JoinResponse empty. */
        empty: boolean;

        /** JoinResponse version. */
        version: number;

        /**
         * Encodes the specified JoinResponse message. Does not implicitly {@link framepb.JoinResponse.verify|verify} messages.
         * @param message JoinResponse message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: framepb.JoinResponse.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a JoinResponse message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {framepb.JoinResponse & framepb.JoinResponse.$Shape} JoinResponse
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): framepb.JoinResponse & framepb.JoinResponse.$Shape;
    }

    namespace JoinResponse {

        /** Properties of a JoinResponse. */
        interface $Properties {

            /** JoinResponse instance */
            instance?: (Uint8Array|null);

            /** JoinResponse empty */
            empty?: (boolean|null);

            /** JoinResponse version */
            version?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a JoinResponse. */
        type $Shape = framepb.JoinResponse.$Properties;
    }
}
