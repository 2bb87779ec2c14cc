import * as $protobuf from "protobufjs/minimal.js";

/** Namespace snappb. */
export namespace snappb {

    /**
     * Properties of a Snapshot.
     * @deprecated Use snappb.Snapshot.$Properties instead.
     */
    interface ISnapshot extends snappb.Snapshot.$Properties {
    }

    /** Represents a Snapshot. */
    class Snapshot {

        /**
         * Constructs a new Snapshot.
         * @param [properties] Properties to set
         */
        constructor(properties?: snappb.Snapshot.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Snapshot crc. */
        crc: number;

        /** Snapshot data. */
        data: Uint8Array;

        /**
         * Encodes the specified Snapshot message. Does not implicitly {@link snappb.Snapshot.verify|verify} messages.
         * @param message Snapshot message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: snappb.Snapshot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Snapshot message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {snappb.Snapshot & snappb.Snapshot.$Shape} Snapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): snappb.Snapshot & snappb.Snapshot.$Shape;
    }

    namespace Snapshot {

        /** Properties of a Snapshot. */
        interface $Properties {

            /** Snapshot crc */
            crc?: (number|null);

            /** Snapshot data */
            data?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Snapshot. */
        type $Shape = snappb.Snapshot.$Properties;
    }
}
