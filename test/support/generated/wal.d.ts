import * as $protobuf from "protobufjs/minimal.js";

/** Namespace walpb. */
export namespace walpb {

    /**
     * Properties of a Record.
     * @deprecated Use walpb.Record.$Properties instead.
     */
    interface IRecord extends walpb.Record.$Properties {
    }

    /** Represents a Record. */
    class Record {

        /**
         * Constructs a new Record.
         * @param [properties] Properties to set
         */
        constructor(properties?: walpb.Record.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Record type. */
        type: number;

        /** Record crc. */
        crc: number;

        /** Record data. */
        data: Uint8Array;

        /**
         * Encodes the specified Record message. Does not implicitly {@link walpb.Record.verify|verify} messages.
         * @param message Record message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: walpb.Record.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Record message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {walpb.Record & walpb.Record.$Shape} Record
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): walpb.Record & walpb.Record.$Shape;
    }

    namespace Record {

        /** Properties of a Record. */
        interface $Properties {

            /** Record type */
            type?: (number|null);

            /** Record crc */
            crc?: (number|null);

            /** Record data */
            data?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Record. */
        type $Shape = walpb.Record.$Properties;
    }

    /**
     * Properties of a Sleep.
     * @deprecated Use walpb.Sleep.$Properties instead.
     */
    interface ISleep extends walpb.Sleep.$Properties {
    }

    /** Represents a Sleep. */
    class Sleep {

        /**
         * Constructs a new Sleep.
         * @param [properties] Properties to set
         */
        constructor(properties?: walpb.Sleep.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Sleep format. */
        format: number;

        /** Sleep term. */
        term: number;

        /** Sleep index. */
        index: number;

        /** Sleep clockMs. */
        clockMs: number;

        /** Sleep leases. */
        leases: Uint8Array;

        /** Sleep absent. */
        absent: number[];

        /**
         * Encodes the specified Sleep message. Does not implicitly {@link walpb.Sleep.verify|verify} messages.
         * @param message Sleep message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: walpb.Sleep.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Sleep message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {walpb.Sleep & walpb.Sleep.$Shape} Sleep
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): walpb.Sleep & walpb.Sleep.$Shape;
    }

    namespace Sleep {

        /** Properties of a Sleep. */
        interface $Properties {

            /** Sleep format */
            format?: (number|null);

            /** Sleep term */
            term?: (number|null);

            /** Sleep index */
            index?: (number|null);

            /** Sleep clockMs */
            clockMs?: (number|null);

            /** Sleep leases */
            leases?: (Uint8Array|null);

            /** Sleep absent */
            absent?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Sleep. */
        type $Shape = walpb.Sleep.$Properties;
    }

    /**
     * Properties of a Snapshot.
     * @deprecated Use walpb.Snapshot.$Properties instead.
     */
    interface ISnapshot extends walpb.Snapshot.$Properties {
    }

    /** Represents a Snapshot. */
    class Snapshot {

        /**
         * Constructs a new Snapshot.
         * @param [properties] Properties to set
         */
        constructor(properties?: walpb.Snapshot.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Snapshot index. */
        index: number;

        /** Snapshot term. */
        term: number;

        /** Snapshot confState. */
        confState?: (raftpb.ConfState.$Properties|null);

        /**
         * Encodes the specified Snapshot message. Does not implicitly {@link walpb.Snapshot.verify|verify} messages.
         * @param message Snapshot message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: walpb.Snapshot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Snapshot message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {walpb.Snapshot & walpb.Snapshot.$Shape} Snapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): walpb.Snapshot & walpb.Snapshot.$Shape;
    }

    namespace Snapshot {

        /** Properties of a Snapshot. */
        interface $Properties {

            /** Snapshot index */
            index?: (number|null);

            /** Snapshot term */
            term?: (number|null);

            /** Snapshot confState */
            confState?: (raftpb.ConfState.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Snapshot. */
        type $Shape = walpb.Snapshot.$Properties;
    }
}

/** Namespace raftpb. */
export namespace raftpb {

    /** EntryType enum. */
    enum EntryType {

        /** EntryNormal value */
        EntryNormal = 0,

        /** EntryConfChange value */
        EntryConfChange = 1,

        /** EntryConfChangeV2 value */
        EntryConfChangeV2 = 2
    }

    /**
     * Properties of an Entry.
     * @deprecated Use raftpb.Entry.$Properties instead.
     */
    interface IEntry extends raftpb.Entry.$Properties {
    }

    /** Represents an Entry. */
    class Entry {

        /**
         * Constructs a new Entry.
         * @param [properties] Properties to set
         */
        constructor(properties?: raftpb.Entry.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Entry type. */
        type: raftpb.EntryType;

        /** Entry term. */
        term: number;

        /** Entry index. */
        index: number;

        /** Entry data. */
        data: Uint8Array;

        /**
         * Encodes the specified Entry message. Does not implicitly {@link raftpb.Entry.verify|verify} messages.
         * @param message Entry message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: raftpb.Entry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Entry message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {raftpb.Entry & raftpb.Entry.$Shape} Entry
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): raftpb.Entry & raftpb.Entry.$Shape;
    }

    namespace Entry {

        /** Properties of an Entry. */
        interface $Properties {

            /** Entry type */
            type?: (raftpb.EntryType|null);

            /** Entry term */
            term?: (number|null);

            /** Entry index */
            index?: (number|null);

            /** Entry data */
            data?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Entry. */
        type $Shape = raftpb.Entry.$Properties;
    }

    /**
     * Properties of a ConfState.
     * @deprecated Use raftpb.ConfState.$Properties instead.
     */
    interface IConfState extends raftpb.ConfState.$Properties {
    }

    /** Represents a ConfState. */
    class ConfState {

        /**
         * Constructs a new ConfState.
         * @param [properties] Properties to set
         */
        constructor(properties?: raftpb.ConfState.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ConfState voters. */
        voters: number[];

        /** ConfState learners. */
        learners: number[];

        /** ConfState votersOutgoing. */
        votersOutgoing: number[];

        /** ConfState learnersNext. */
        learnersNext: number[];

        /** ConfState autoLeave. */
        autoLeave: boolean;

        /**
         * Encodes the specified ConfState message. Does not implicitly {@link raftpb.ConfState.verify|verify} messages.
         * @param message ConfState message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: raftpb.ConfState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ConfState message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {raftpb.ConfState & raftpb.ConfState.$Shape} ConfState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): raftpb.ConfState & raftpb.ConfState.$Shape;
    }

    namespace ConfState {

        /** Properties of a ConfState. */
        interface $Properties {

            /** ConfState voters */
            voters?: (number[]|null);

            /** ConfState learners */
            learners?: (number[]|null);

            /** ConfState votersOutgoing */
            votersOutgoing?: (number[]|null);

            /** ConfState learnersNext */
            learnersNext?: (number[]|null);

            /** ConfState autoLeave */
            autoLeave?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ConfState. */
        type $Shape = raftpb.ConfState.$Properties;
    }

    /**
     * Properties of a SnapshotMetadata.
     * @deprecated Use raftpb.SnapshotMetadata.$Properties instead.
     */
    interface ISnapshotMetadata extends raftpb.SnapshotMetadata.$Properties {
    }

    /** Represents a SnapshotMetadata. */
    class SnapshotMetadata {

        /**
         * Constructs a new SnapshotMetadata.
         * @param [properties] Properties to set
         */
        constructor(properties?: raftpb.SnapshotMetadata.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** SnapshotMetadata confState. */
        confState?: (raftpb.ConfState.$Properties|null);

        /** SnapshotMetadata index. */
        index: number;

        /** SnapshotMetadata term. */
        term: number;

        /**
         * Encodes the specified SnapshotMetadata message. Does not implicitly {@link raftpb.SnapshotMetadata.verify|verify} messages.
         * @param message SnapshotMetadata message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: raftpb.SnapshotMetadata.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a SnapshotMetadata message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {raftpb.SnapshotMetadata & raftpb.SnapshotMetadata.$Shape} SnapshotMetadata
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): raftpb.SnapshotMetadata & raftpb.SnapshotMetadata.$Shape;
    }

    namespace SnapshotMetadata {

        /** Properties of a SnapshotMetadata. */
        interface $Properties {

            /** SnapshotMetadata confState */
            confState?: (raftpb.ConfState.$Properties|null);

            /** SnapshotMetadata index */
            index?: (number|null);

            /** SnapshotMetadata term */
            term?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a SnapshotMetadata. */
        type $Shape = raftpb.SnapshotMetadata.$Properties;
    }

    /**
     * Properties of a Snapshot.
     * @deprecated Use raftpb.Snapshot.$Properties instead.
     */
    interface ISnapshot extends raftpb.Snapshot.$Properties {
    }

    /** Represents a Snapshot. */
    class Snapshot {

        /**
         * Constructs a new Snapshot.
         * @param [properties] Properties to set
         */
        constructor(properties?: raftpb.Snapshot.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Snapshot data. */
        data: Uint8Array;

        /** Snapshot metadata. */
        metadata?: (raftpb.SnapshotMetadata.$Properties|null);

        /**
         * Encodes the specified Snapshot message. Does not implicitly {@link raftpb.Snapshot.verify|verify} messages.
         * @param message Snapshot message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: raftpb.Snapshot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Snapshot message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {raftpb.Snapshot & raftpb.Snapshot.$Shape} Snapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): raftpb.Snapshot & raftpb.Snapshot.$Shape;
    }

    namespace Snapshot {

        /** Properties of a Snapshot. */
        interface $Properties {

            /** Snapshot data */
            data?: (Uint8Array|null);

            /** Snapshot metadata */
            metadata?: (raftpb.SnapshotMetadata.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Snapshot. */
        type $Shape = raftpb.Snapshot.$Properties;
    }

    /**
     * Properties of a HardState.
     * @deprecated Use raftpb.HardState.$Properties instead.
     */
    interface IHardState extends raftpb.HardState.$Properties {
    }

    /** Represents a HardState. */
    class HardState {

        /**
         * Constructs a new HardState.
         * @param [properties] Properties to set
         */
        constructor(properties?: raftpb.HardState.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** HardState term. */
        term: number;

        /** HardState vote. */
        vote: number;

        /** HardState commit. */
        commit: number;

        /**
         * Encodes the specified HardState message. Does not implicitly {@link raftpb.HardState.verify|verify} messages.
         * @param message HardState message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: raftpb.HardState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a HardState message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {raftpb.HardState & raftpb.HardState.$Shape} HardState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): raftpb.HardState & raftpb.HardState.$Shape;
    }

    namespace HardState {

        /** Properties of a HardState. */
        interface $Properties {

            /** HardState term */
            term?: (number|null);

            /** HardState vote */
            vote?: (number|null);

            /** HardState commit */
            commit?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a HardState. */
        type $Shape = raftpb.HardState.$Properties;
    }

    /** MessageType enum. */
    enum MessageType {

        /** MsgHup value */
        MsgHup = 0,

        /** MsgBeat value */
        MsgBeat = 1,

        /** MsgProp value */
        MsgProp = 2,

        /** MsgApp value */
        MsgApp = 3,

        /** MsgAppResp value */
        MsgAppResp = 4,

        /** MsgVote value */
        MsgVote = 5,

        /** MsgVoteResp value */
        MsgVoteResp = 6,

        /** MsgSnap value */
        MsgSnap = 7,

        /** MsgHeartbeat value */
        MsgHeartbeat = 8,

        /** MsgHeartbeatResp value */
        MsgHeartbeatResp = 9,

        /** MsgUnreachable value */
        MsgUnreachable = 10,

        /** MsgSnapStatus value */
        MsgSnapStatus = 11,

        /** MsgCheckQuorum value */
        MsgCheckQuorum = 12,

        /** MsgTransferLeader value */
        MsgTransferLeader = 13,

        /** MsgTimeoutNow value */
        MsgTimeoutNow = 14,

        /** MsgReadIndex value */
        MsgReadIndex = 15,

        /** MsgReadIndexResp value */
        MsgReadIndexResp = 16,

        /** MsgPreVote value */
        MsgPreVote = 17,

        /** MsgPreVoteResp value */
        MsgPreVoteResp = 18,

        /** MsgStorageAppend value */
        MsgStorageAppend = 19,

        /** MsgStorageAppendResp value */
        MsgStorageAppendResp = 20,

        /** MsgStorageApply value */
        MsgStorageApply = 21,

        /** MsgStorageApplyResp value */
        MsgStorageApplyResp = 22,

        /** MsgForgetLeader value */
        MsgForgetLeader = 23
    }

    /**
     * Properties of a Message.
     * @deprecated Use raftpb.Message.$Properties instead.
     */
    interface IMessage extends raftpb.Message.$Properties {
    }

    /** Represents a Message. */
    class Message {

        /**
         * Constructs a new Message.
         * @param [properties] Properties to set
         */
        constructor(properties?: raftpb.Message.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Message type. */
        type: raftpb.MessageType;

        /** Message to. */
        to: number;

        /** Message from. */
        from: number;

        /** Message term. */
        term: number;

        /** Message logTerm. */
        logTerm: number;

        /** Message index. */
        index: number;

        /** Message entries. */
        entries: raftpb.Entry.$Properties[];

        /** Message commit. */
        commit: number;

        /** Message snapshot. */
        snapshot?: (raftpb.Snapshot.$Properties|null);

        /** Message reject. */
        reject: boolean;

        /** Message rejectHint. */
        rejectHint: number;

        /** Message context. */
        context: Uint8Array;

        /** Message vote. */
        vote: number;

        /** Message responses. */
        responses: raftpb.Message.$Properties[];

        /**
         * Encodes the specified Message message. Does not implicitly {@link raftpb.Message.verify|verify} messages.
         * @param message Message message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: raftpb.Message.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Message message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {raftpb.Message & raftpb.Message.$Shape} Message
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): raftpb.Message & raftpb.Message.$Shape;
    }

    namespace Message {

        /** Properties of a Message. */
        interface $Properties {

            /** Message type */
            type?: (raftpb.MessageType|null);

            /** Message to */
            to?: (number|null);

            /** Message from */
            from?: (number|null);

            /** Message term */
            term?: (number|null);

            /** Message logTerm */
            logTerm?: (number|null);

            /** Message index */
            index?: (number|null);

            /** Message entries */
            entries?: (raftpb.Entry.$Properties[]|null);

            /** Message commit */
            commit?: (number|null);

            /** Message snapshot */
            snapshot?: (raftpb.Snapshot.$Properties|null);

            /** Message reject */
            reject?: (boolean|null);

            /** Message rejectHint */
            rejectHint?: (number|null);

            /** Message context */
            context?: (Uint8Array|null);

            /** Message vote */
            vote?: (number|null);

            /** Message responses */
            responses?: (raftpb.Message.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Message. */
        type $Shape = raftpb.Message.$Properties;
    }

    /** ConfChangeType enum. */
    enum ConfChangeType {

        /** ConfChangeAddNode value */
        ConfChangeAddNode = 0,

        /** ConfChangeRemoveNode value */
        ConfChangeRemoveNode = 1,

        /** ConfChangeUpdateNode value */
        ConfChangeUpdateNode = 2,

        /** ConfChangeAddLearnerNode value */
        ConfChangeAddLearnerNode = 3
    }

    /**
     * Properties of a ConfChange.
     * @deprecated Use raftpb.ConfChange.$Properties instead.
     */
    interface IConfChange extends raftpb.ConfChange.$Properties {
    }

    /** Represents a ConfChange. */
    class ConfChange {

        /**
         * Constructs a new ConfChange.
         * @param [properties] Properties to set
         */
        constructor(properties?: raftpb.ConfChange.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ConfChange id. */
        id: number;

        /** ConfChange type. */
        type: raftpb.ConfChangeType;

        /** ConfChange nodeId. */
        nodeId: number;

        /** ConfChange context. */
        context: Uint8Array;

        /**
         * Encodes the specified ConfChange message. Does not implicitly {@link raftpb.ConfChange.verify|verify} messages.
         * @param message ConfChange message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: raftpb.ConfChange.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ConfChange message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {raftpb.ConfChange & raftpb.ConfChange.$Shape} ConfChange
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): raftpb.ConfChange & raftpb.ConfChange.$Shape;
    }

    namespace ConfChange {

        /** Properties of a ConfChange. */
        interface $Properties {

            /** ConfChange id */
            id?: (number|null);

            /** ConfChange type */
            type?: (raftpb.ConfChangeType|null);

            /** ConfChange nodeId */
            nodeId?: (number|null);

            /** ConfChange context */
            context?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ConfChange. */
        type $Shape = raftpb.ConfChange.$Properties;
    }

    /**
     * Properties of a ConfChangeSingle.
     * @deprecated Use raftpb.ConfChangeSingle.$Properties instead.
     */
    interface IConfChangeSingle extends raftpb.ConfChangeSingle.$Properties {
    }

    /** Represents a ConfChangeSingle. */
    class ConfChangeSingle {

        /**
         * Constructs a new ConfChangeSingle.
         * @param [properties] Properties to set
         */
        constructor(properties?: raftpb.ConfChangeSingle.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ConfChangeSingle type. */
        type: raftpb.ConfChangeType;

        /** ConfChangeSingle nodeId. */
        nodeId: number;

        /**
         * Encodes the specified ConfChangeSingle message. Does not implicitly {@link raftpb.ConfChangeSingle.verify|verify} messages.
         * @param message ConfChangeSingle message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: raftpb.ConfChangeSingle.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ConfChangeSingle message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {raftpb.ConfChangeSingle & raftpb.ConfChangeSingle.$Shape} ConfChangeSingle
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): raftpb.ConfChangeSingle & raftpb.ConfChangeSingle.$Shape;
    }

    namespace ConfChangeSingle {

        /** Properties of a ConfChangeSingle. */
        interface $Properties {

            /** ConfChangeSingle type */
            type?: (raftpb.ConfChangeType|null);

            /** ConfChangeSingle nodeId */
            nodeId?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ConfChangeSingle. */
        type $Shape = raftpb.ConfChangeSingle.$Properties;
    }

    /** ConfChangeTransition enum. */
    enum ConfChangeTransition {

        /** ConfChangeTransitionAuto value */
        ConfChangeTransitionAuto = 0,

        /** ConfChangeTransitionJointImplicit value */
        ConfChangeTransitionJointImplicit = 1,

        /** ConfChangeTransitionJointExplicit value */
        ConfChangeTransitionJointExplicit = 2
    }

    /**
     * Properties of a ConfChangeV2.
     * @deprecated Use raftpb.ConfChangeV2.$Properties instead.
     */
    interface IConfChangeV2 extends raftpb.ConfChangeV2.$Properties {
    }

    /** Represents a ConfChangeV2. */
    class ConfChangeV2 {

        /**
         * Constructs a new ConfChangeV2.
         * @param [properties] Properties to set
         */
        constructor(properties?: raftpb.ConfChangeV2.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ConfChangeV2 transition. */
        transition: raftpb.ConfChangeTransition;

        /** ConfChangeV2 changes. */
        changes: raftpb.ConfChangeSingle.$Properties[];

        /** ConfChangeV2 context. */
        context: Uint8Array;

        /**
         * Encodes the specified ConfChangeV2 message. Does not implicitly {@link raftpb.ConfChangeV2.verify|verify} messages.
         * @param message ConfChangeV2 message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: raftpb.ConfChangeV2.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ConfChangeV2 message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {raftpb.ConfChangeV2 & raftpb.ConfChangeV2.$Shape} ConfChangeV2
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): raftpb.ConfChangeV2 & raftpb.ConfChangeV2.$Shape;
    }

    namespace ConfChangeV2 {

        /** Properties of a ConfChangeV2. */
        interface $Properties {

            /** ConfChangeV2 transition */
            transition?: (raftpb.ConfChangeTransition|null);

            /** ConfChangeV2 changes */
            changes?: (raftpb.ConfChangeSingle.$Properties[]|null);

            /** ConfChangeV2 context */
            context?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ConfChangeV2. */
        type $Shape = raftpb.ConfChangeV2.$Properties;
    }
}
