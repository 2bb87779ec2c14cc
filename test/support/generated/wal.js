/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["wal"] || ($protobuf.roots["wal"] = {});

export const walpb = $root.walpb = (() => {

    /**
     * Namespace walpb.
     * @exports walpb
     * @namespace
     */
    const walpb = {};

    walpb.Record = (function() {

        /**
         * Properties of a Record.
         * @typedef {Object} walpb.Record.$Properties
         * @property {number|null} [type] Record type
         * @property {number|null} [crc] Record crc
         * @property {Uint8Array|null} [data] Record data
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Record.
         * @memberof walpb
         * @interface IRecord
         * @augments walpb.Record.$Properties
         * @deprecated Use walpb.Record.$Properties instead.
         */

        /**
         * Shape of a Record.
         * @typedef {walpb.Record.$Properties} walpb.Record.$Shape
         */

        /**
         * Constructs a new Record.
         * @memberof walpb
         * @classdesc Represents a Record.
         * @constructor
         * @param {walpb.Record.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Record = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Record type.
         * @member {number} type
         * @memberof walpb.Record
         * @instance
         */
        Record.prototype.type = 0;

        /**
         * Record crc.
         * @member {number} crc
         * @memberof walpb.Record
         * @instance
         */
        Record.prototype.crc = 0;

        /**
         * Record data.
         * @member {Uint8Array} data
         * @memberof walpb.Record
         * @instance
         */
        Record.prototype.data = $util.newBuffer([]);

        /**
         * Encodes the specified Record message. Does not implicitly {@link walpb.Record.verify|verify} messages.
         * @function encode
         * @memberof walpb.Record
         * @static
         * @param {walpb.Record.$Properties} message Record message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Record.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                writer.uint32(/* id 1, wireType 0 =*/8).int64(message.type);
            if (message.crc != null && $Object.hasOwnProperty.call(message, "crc"))
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.crc);
            if (message.data != null && $Object.hasOwnProperty.call(message, "data"))
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.data);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Record message from the specified reader or buffer.
         * @function decode
         * @memberof walpb.Record
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {walpb.Record & walpb.Record.$Shape} Record
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Record.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.walpb.Record();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.type = reader.int64();
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.crc = reader.uint32();
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.data = reader.bytes();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Record;
    })();

    walpb.Sleep = (function() {

        /**
         * Properties of a Sleep.
         * @typedef {Object} walpb.Sleep.$Properties
         * @property {number|null} [format] Sleep format
         * @property {number|null} [term] Sleep term
         * @property {number|null} [index] Sleep index
         * @property {number|null} [clockMs] Sleep clockMs
         * @property {Uint8Array|null} [leases] Sleep leases
         * @property {Array.<number>|null} [absent] Sleep absent
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Sleep.
         * @memberof walpb
         * @interface ISleep
         * @augments walpb.Sleep.$Properties
         * @deprecated Use walpb.Sleep.$Properties instead.
         */

        /**
         * Shape of a Sleep.
         * @typedef {walpb.Sleep.$Properties} walpb.Sleep.$Shape
         */

        /**
         * Constructs a new Sleep.
         * @memberof walpb
         * @classdesc Represents a Sleep.
         * @constructor
         * @param {walpb.Sleep.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Sleep = function (properties) {
            this.absent = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Sleep format.
         * @member {number} format
         * @memberof walpb.Sleep
         * @instance
         */
        Sleep.prototype.format = 0;

        /**
         * Sleep term.
         * @member {number} term
         * @memberof walpb.Sleep
         * @instance
         */
        Sleep.prototype.term = 0;

        /**
         * Sleep index.
         * @member {number} index
         * @memberof walpb.Sleep
         * @instance
         */
        Sleep.prototype.index = 0;

        /**
         * Sleep clockMs.
         * @member {number} clockMs
         * @memberof walpb.Sleep
         * @instance
         */
        Sleep.prototype.clockMs = 0;

        /**
         * Sleep leases.
         * @member {Uint8Array} leases
         * @memberof walpb.Sleep
         * @instance
         */
        Sleep.prototype.leases = $util.newBuffer([]);

        /**
         * Sleep absent.
         * @member {Array.<number>} absent
         * @memberof walpb.Sleep
         * @instance
         */
        Sleep.prototype.absent = $util.emptyArray;

        /**
         * Encodes the specified Sleep message. Does not implicitly {@link walpb.Sleep.verify|verify} messages.
         * @function encode
         * @memberof walpb.Sleep
         * @static
         * @param {walpb.Sleep.$Properties} message Sleep message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Sleep.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.format != null && $Object.hasOwnProperty.call(message, "format"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.format);
            if (message.term != null && $Object.hasOwnProperty.call(message, "term"))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.term);
            if (message.index != null && $Object.hasOwnProperty.call(message, "index"))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.index);
            if (message.clockMs != null && $Object.hasOwnProperty.call(message, "clockMs"))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.clockMs);
            if (message.leases != null && $Object.hasOwnProperty.call(message, "leases"))
                writer.uint32(/* id 5, wireType 2 =*/42).bytes(message.leases);
            if (message.absent != null && message.absent.length)
                for (let i = 0; i < message.absent.length; ++i)
                    writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.absent[i]);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Sleep message from the specified reader or buffer.
         * @function decode
         * @memberof walpb.Sleep
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {walpb.Sleep & walpb.Sleep.$Shape} Sleep
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Sleep.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.walpb.Sleep();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.format = reader.uint32();
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.term = reader.uint64();
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.index = reader.uint64();
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        message.clockMs = reader.uint64();
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.leases = reader.bytes();
                        continue;
                    }
                case 6: {
                        if (wireType === 2) {
                            if (!(message.absent && message.absent.length))
                                message.absent = [];
                            reader.uint64s(message.absent);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.absent && message.absent.length))
                            message.absent = [];
                        message.absent.push(reader.uint64());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Sleep;
    })();

    walpb.Snapshot = (function() {

        /**
         * Properties of a Snapshot.
         * @typedef {Object} walpb.Snapshot.$Properties
         * @property {number|null} [index] Snapshot index
         * @property {number|null} [term] Snapshot term
         * @property {raftpb.ConfState.$Properties|null} [confState] Snapshot confState
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Snapshot.
         * @memberof walpb
         * @interface ISnapshot
         * @augments walpb.Snapshot.$Properties
         * @deprecated Use walpb.Snapshot.$Properties instead.
         */

        /**
         * Shape of a Snapshot.
         * @typedef {walpb.Snapshot.$Properties} walpb.Snapshot.$Shape
         */

        /**
         * Constructs a new Snapshot.
         * @memberof walpb
         * @classdesc Represents a Snapshot.
         * @constructor
         * @param {walpb.Snapshot.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Snapshot = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Snapshot index.
         * @member {number} index
         * @memberof walpb.Snapshot
         * @instance
         */
        Snapshot.prototype.index = 0;

        /**
         * Snapshot term.
         * @member {number} term
         * @memberof walpb.Snapshot
         * @instance
         */
        Snapshot.prototype.term = 0;

        /**
         * Snapshot confState.
         * @member {raftpb.ConfState.$Properties|null|undefined} confState
         * @memberof walpb.Snapshot
         * @instance
         */
        Snapshot.prototype.confState = null;

        /**
         * Encodes the specified Snapshot message. Does not implicitly {@link walpb.Snapshot.verify|verify} messages.
         * @function encode
         * @memberof walpb.Snapshot
         * @static
         * @param {walpb.Snapshot.$Properties} message Snapshot message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Snapshot.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.index != null && $Object.hasOwnProperty.call(message, "index"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.index);
            if (message.term != null && $Object.hasOwnProperty.call(message, "term"))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.term);
            if (message.confState != null && $Object.hasOwnProperty.call(message, "confState"))
                $root.raftpb.ConfState.encode(message.confState, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Snapshot message from the specified reader or buffer.
         * @function decode
         * @memberof walpb.Snapshot
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {walpb.Snapshot & walpb.Snapshot.$Shape} Snapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Snapshot.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.walpb.Snapshot();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.index = reader.uint64();
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.term = reader.uint64();
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.confState = $root.raftpb.ConfState.decode(reader, reader.size(), $undefined, _depth + 1, message.confState);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Snapshot;
    })();

    return walpb;
})();

export const raftpb = $root.raftpb = (() => {

    /**
     * Namespace raftpb.
     * @exports raftpb
     * @namespace
     */
    const raftpb = {};

    /**
     * EntryType enum.
     * @name raftpb.EntryType
     * @enum {number}
     * @property {number} EntryNormal=0 EntryNormal value
     * @property {number} EntryConfChange=1 EntryConfChange value
     * @property {number} EntryConfChangeV2=2 EntryConfChangeV2 value
     */
    raftpb.EntryType = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "EntryNormal"] = 0;
        values[valuesById[1] = "EntryConfChange"] = 1;
        values[valuesById[2] = "EntryConfChangeV2"] = 2;
        return values;
    })();

    raftpb.Entry = (function() {

        /**
         * Properties of an Entry.
         * @typedef {Object} raftpb.Entry.$Properties
         * @property {raftpb.EntryType|null} [type] Entry type
         * @property {number|null} [term] Entry term
         * @property {number|null} [index] Entry index
         * @property {Uint8Array|null} [data] Entry data
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Entry.
         * @memberof raftpb
         * @interface IEntry
         * @augments raftpb.Entry.$Properties
         * @deprecated Use raftpb.Entry.$Properties instead.
         */

        /**
         * Shape of an Entry.
         * @typedef {raftpb.Entry.$Properties} raftpb.Entry.$Shape
         */

        /**
         * Constructs a new Entry.
         * @memberof raftpb
         * @classdesc Represents an Entry.
         * @constructor
         * @param {raftpb.Entry.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Entry = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Entry type.
         * @member {raftpb.EntryType} type
         * @memberof raftpb.Entry
         * @instance
         */
        Entry.prototype.type = 0;

        /**
         * Entry term.
         * @member {number} term
         * @memberof raftpb.Entry
         * @instance
         */
        Entry.prototype.term = 0;

        /**
         * Entry index.
         * @member {number} index
         * @memberof raftpb.Entry
         * @instance
         */
        Entry.prototype.index = 0;

        /**
         * Entry data.
         * @member {Uint8Array} data
         * @memberof raftpb.Entry
         * @instance
         */
        Entry.prototype.data = $util.newBuffer([]);

        /**
         * Encodes the specified Entry message. Does not implicitly {@link raftpb.Entry.verify|verify} messages.
         * @function encode
         * @memberof raftpb.Entry
         * @static
         * @param {raftpb.Entry.$Properties} message Entry message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Entry.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.type);
            if (message.term != null && $Object.hasOwnProperty.call(message, "term"))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.term);
            if (message.index != null && $Object.hasOwnProperty.call(message, "index"))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.index);
            if (message.data != null && $Object.hasOwnProperty.call(message, "data"))
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.data);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Entry message from the specified reader or buffer.
         * @function decode
         * @memberof raftpb.Entry
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {raftpb.Entry & raftpb.Entry.$Shape} Entry
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Entry.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.raftpb.Entry();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        value = reader.int32();
                        if ($root.raftpb.EntryType[value] !== $undefined)
                            message.type = value;
                        else if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.term = reader.uint64();
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.index = reader.uint64();
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.data = reader.bytes();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Entry;
    })();

    raftpb.ConfState = (function() {

        /**
         * Properties of a ConfState.
         * @typedef {Object} raftpb.ConfState.$Properties
         * @property {Array.<number>|null} [voters] ConfState voters
         * @property {Array.<number>|null} [learners] ConfState learners
         * @property {Array.<number>|null} [votersOutgoing] ConfState votersOutgoing
         * @property {Array.<number>|null} [learnersNext] ConfState learnersNext
         * @property {boolean|null} [autoLeave] ConfState autoLeave
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ConfState.
         * @memberof raftpb
         * @interface IConfState
         * @augments raftpb.ConfState.$Properties
         * @deprecated Use raftpb.ConfState.$Properties instead.
         */

        /**
         * Shape of a ConfState.
         * @typedef {raftpb.ConfState.$Properties} raftpb.ConfState.$Shape
         */

        /**
         * Constructs a new ConfState.
         * @memberof raftpb
         * @classdesc Represents a ConfState.
         * @constructor
         * @param {raftpb.ConfState.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ConfState = function (properties) {
            this.voters = [];
            this.learners = [];
            this.votersOutgoing = [];
            this.learnersNext = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ConfState voters.
         * @member {Array.<number>} voters
         * @memberof raftpb.ConfState
         * @instance
         */
        ConfState.prototype.voters = $util.emptyArray;

        /**
         * ConfState learners.
         * @member {Array.<number>} learners
         * @memberof raftpb.ConfState
         * @instance
         */
        ConfState.prototype.learners = $util.emptyArray;

        /**
         * ConfState votersOutgoing.
         * @member {Array.<number>} votersOutgoing
         * @memberof raftpb.ConfState
         * @instance
         */
        ConfState.prototype.votersOutgoing = $util.emptyArray;

        /**
         * ConfState learnersNext.
         * @member {Array.<number>} learnersNext
         * @memberof raftpb.ConfState
         * @instance
         */
        ConfState.prototype.learnersNext = $util.emptyArray;

        /**
         * ConfState autoLeave.
         * @member {boolean} autoLeave
         * @memberof raftpb.ConfState
         * @instance
         */
        ConfState.prototype.autoLeave = false;

        /**
         * Encodes the specified ConfState message. Does not implicitly {@link raftpb.ConfState.verify|verify} messages.
         * @function encode
         * @memberof raftpb.ConfState
         * @static
         * @param {raftpb.ConfState.$Properties} message ConfState message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ConfState.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.voters != null && message.voters.length)
                for (let i = 0; i < message.voters.length; ++i)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.voters[i]);
            if (message.learners != null && message.learners.length)
                for (let i = 0; i < message.learners.length; ++i)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.learners[i]);
            if (message.votersOutgoing != null && message.votersOutgoing.length)
                for (let i = 0; i < message.votersOutgoing.length; ++i)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.votersOutgoing[i]);
            if (message.learnersNext != null && message.learnersNext.length)
                for (let i = 0; i < message.learnersNext.length; ++i)
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.learnersNext[i]);
            if (message.autoLeave != null && $Object.hasOwnProperty.call(message, "autoLeave"))
                writer.uint32(/* id 5, wireType 0 =*/40).bool(message.autoLeave);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ConfState message from the specified reader or buffer.
         * @function decode
         * @memberof raftpb.ConfState
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {raftpb.ConfState & raftpb.ConfState.$Shape} ConfState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ConfState.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.raftpb.ConfState();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.voters && message.voters.length))
                                message.voters = [];
                            reader.uint64s(message.voters);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.voters && message.voters.length))
                            message.voters = [];
                        message.voters.push(reader.uint64());
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.learners && message.learners.length))
                                message.learners = [];
                            reader.uint64s(message.learners);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.learners && message.learners.length))
                            message.learners = [];
                        message.learners.push(reader.uint64());
                        continue;
                    }
                case 3: {
                        if (wireType === 2) {
                            if (!(message.votersOutgoing && message.votersOutgoing.length))
                                message.votersOutgoing = [];
                            reader.uint64s(message.votersOutgoing);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.votersOutgoing && message.votersOutgoing.length))
                            message.votersOutgoing = [];
                        message.votersOutgoing.push(reader.uint64());
                        continue;
                    }
                case 4: {
                        if (wireType === 2) {
                            if (!(message.learnersNext && message.learnersNext.length))
                                message.learnersNext = [];
                            reader.uint64s(message.learnersNext);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.learnersNext && message.learnersNext.length))
                            message.learnersNext = [];
                        message.learnersNext.push(reader.uint64());
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        message.autoLeave = reader.bool();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ConfState;
    })();

    raftpb.SnapshotMetadata = (function() {

        /**
         * Properties of a SnapshotMetadata.
         * @typedef {Object} raftpb.SnapshotMetadata.$Properties
         * @property {raftpb.ConfState.$Properties|null} [confState] SnapshotMetadata confState
         * @property {number|null} [index] SnapshotMetadata index
         * @property {number|null} [term] SnapshotMetadata term
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a SnapshotMetadata.
         * @memberof raftpb
         * @interface ISnapshotMetadata
         * @augments raftpb.SnapshotMetadata.$Properties
         * @deprecated Use raftpb.SnapshotMetadata.$Properties instead.
         */

        /**
         * Shape of a SnapshotMetadata.
         * @typedef {raftpb.SnapshotMetadata.$Properties} raftpb.SnapshotMetadata.$Shape
         */

        /**
         * Constructs a new SnapshotMetadata.
         * @memberof raftpb
         * @classdesc Represents a SnapshotMetadata.
         * @constructor
         * @param {raftpb.SnapshotMetadata.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const SnapshotMetadata = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * SnapshotMetadata confState.
         * @member {raftpb.ConfState.$Properties|null|undefined} confState
         * @memberof raftpb.SnapshotMetadata
         * @instance
         */
        SnapshotMetadata.prototype.confState = null;

        /**
         * SnapshotMetadata index.
         * @member {number} index
         * @memberof raftpb.SnapshotMetadata
         * @instance
         */
        SnapshotMetadata.prototype.index = 0;

        /**
         * SnapshotMetadata term.
         * @member {number} term
         * @memberof raftpb.SnapshotMetadata
         * @instance
         */
        SnapshotMetadata.prototype.term = 0;

        /**
         * Encodes the specified SnapshotMetadata message. Does not implicitly {@link raftpb.SnapshotMetadata.verify|verify} messages.
         * @function encode
         * @memberof raftpb.SnapshotMetadata
         * @static
         * @param {raftpb.SnapshotMetadata.$Properties} message SnapshotMetadata message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        SnapshotMetadata.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.confState != null && $Object.hasOwnProperty.call(message, "confState"))
                $root.raftpb.ConfState.encode(message.confState, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.index != null && $Object.hasOwnProperty.call(message, "index"))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.index);
            if (message.term != null && $Object.hasOwnProperty.call(message, "term"))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.term);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a SnapshotMetadata message from the specified reader or buffer.
         * @function decode
         * @memberof raftpb.SnapshotMetadata
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {raftpb.SnapshotMetadata & raftpb.SnapshotMetadata.$Shape} SnapshotMetadata
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        SnapshotMetadata.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.raftpb.SnapshotMetadata();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.confState = $root.raftpb.ConfState.decode(reader, reader.size(), $undefined, _depth + 1, message.confState);
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.index = reader.uint64();
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.term = reader.uint64();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return SnapshotMetadata;
    })();

    raftpb.Snapshot = (function() {

        /**
         * Properties of a Snapshot.
         * @typedef {Object} raftpb.Snapshot.$Properties
         * @property {Uint8Array|null} [data] Snapshot data
         * @property {raftpb.SnapshotMetadata.$Properties|null} [metadata] Snapshot metadata
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Snapshot.
         * @memberof raftpb
         * @interface ISnapshot
         * @augments raftpb.Snapshot.$Properties
         * @deprecated Use raftpb.Snapshot.$Properties instead.
         */

        /**
         * Shape of a Snapshot.
         * @typedef {raftpb.Snapshot.$Properties} raftpb.Snapshot.$Shape
         */

        /**
         * Constructs a new Snapshot.
         * @memberof raftpb
         * @classdesc Represents a Snapshot.
         * @constructor
         * @param {raftpb.Snapshot.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Snapshot = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Snapshot data.
         * @member {Uint8Array} data
         * @memberof raftpb.Snapshot
         * @instance
         */
        Snapshot.prototype.data = $util.newBuffer([]);

        /**
         * Snapshot metadata.
         * @member {raftpb.SnapshotMetadata.$Properties|null|undefined} metadata
         * @memberof raftpb.Snapshot
         * @instance
         */
        Snapshot.prototype.metadata = null;

        /**
         * Encodes the specified Snapshot message. Does not implicitly {@link raftpb.Snapshot.verify|verify} messages.
         * @function encode
         * @memberof raftpb.Snapshot
         * @static
         * @param {raftpb.Snapshot.$Properties} message Snapshot message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Snapshot.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.data != null && $Object.hasOwnProperty.call(message, "data"))
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.data);
            if (message.metadata != null && $Object.hasOwnProperty.call(message, "metadata"))
                $root.raftpb.SnapshotMetadata.encode(message.metadata, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Snapshot message from the specified reader or buffer.
         * @function decode
         * @memberof raftpb.Snapshot
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {raftpb.Snapshot & raftpb.Snapshot.$Shape} Snapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Snapshot.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.raftpb.Snapshot();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.data = reader.bytes();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.metadata = $root.raftpb.SnapshotMetadata.decode(reader, reader.size(), $undefined, _depth + 1, message.metadata);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Snapshot;
    })();

    raftpb.HardState = (function() {

        /**
         * Properties of a HardState.
         * @typedef {Object} raftpb.HardState.$Properties
         * @property {number|null} [term] HardState term
         * @property {number|null} [vote] HardState vote
         * @property {number|null} [commit] HardState commit
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a HardState.
         * @memberof raftpb
         * @interface IHardState
         * @augments raftpb.HardState.$Properties
         * @deprecated Use raftpb.HardState.$Properties instead.
         */

        /**
         * Shape of a HardState.
         * @typedef {raftpb.HardState.$Properties} raftpb.HardState.$Shape
         */

        /**
         * Constructs a new HardState.
         * @memberof raftpb
         * @classdesc Represents a HardState.
         * @constructor
         * @param {raftpb.HardState.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const HardState = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * HardState term.
         * @member {number} term
         * @memberof raftpb.HardState
         * @instance
         */
        HardState.prototype.term = 0;

        /**
         * HardState vote.
         * @member {number} vote
         * @memberof raftpb.HardState
         * @instance
         */
        HardState.prototype.vote = 0;

        /**
         * HardState commit.
         * @member {number} commit
         * @memberof raftpb.HardState
         * @instance
         */
        HardState.prototype.commit = 0;

        /**
         * Encodes the specified HardState message. Does not implicitly {@link raftpb.HardState.verify|verify} messages.
         * @function encode
         * @memberof raftpb.HardState
         * @static
         * @param {raftpb.HardState.$Properties} message HardState message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        HardState.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.term != null && $Object.hasOwnProperty.call(message, "term"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.term);
            if (message.vote != null && $Object.hasOwnProperty.call(message, "vote"))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.vote);
            if (message.commit != null && $Object.hasOwnProperty.call(message, "commit"))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.commit);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a HardState message from the specified reader or buffer.
         * @function decode
         * @memberof raftpb.HardState
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {raftpb.HardState & raftpb.HardState.$Shape} HardState
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        HardState.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.raftpb.HardState();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.term = reader.uint64();
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.vote = reader.uint64();
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.commit = reader.uint64();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return HardState;
    })();

    /**
     * MessageType enum.
     * @name raftpb.MessageType
     * @enum {number}
     * @property {number} MsgHup=0 MsgHup value
     * @property {number} MsgBeat=1 MsgBeat value
     * @property {number} MsgProp=2 MsgProp value
     * @property {number} MsgApp=3 MsgApp value
     * @property {number} MsgAppResp=4 MsgAppResp value
     * @property {number} MsgVote=5 MsgVote value
     * @property {number} MsgVoteResp=6 MsgVoteResp value
     * @property {number} MsgSnap=7 MsgSnap value
     * @property {number} MsgHeartbeat=8 MsgHeartbeat value
     * @property {number} MsgHeartbeatResp=9 MsgHeartbeatResp value
     * @property {number} MsgUnreachable=10 MsgUnreachable value
     * @property {number} MsgSnapStatus=11 MsgSnapStatus value
     * @property {number} MsgCheckQuorum=12 MsgCheckQuorum value
     * @property {number} MsgTransferLeader=13 MsgTransferLeader value
     * @property {number} MsgTimeoutNow=14 MsgTimeoutNow value
     * @property {number} MsgReadIndex=15 MsgReadIndex value
     * @property {number} MsgReadIndexResp=16 MsgReadIndexResp value
     * @property {number} MsgPreVote=17 MsgPreVote value
     * @property {number} MsgPreVoteResp=18 MsgPreVoteResp value
     * @property {number} MsgStorageAppend=19 MsgStorageAppend value
     * @property {number} MsgStorageAppendResp=20 MsgStorageAppendResp value
     * @property {number} MsgStorageApply=21 MsgStorageApply value
     * @property {number} MsgStorageApplyResp=22 MsgStorageApplyResp value
     * @property {number} MsgForgetLeader=23 MsgForgetLeader value
     */
    raftpb.MessageType = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "MsgHup"] = 0;
        values[valuesById[1] = "MsgBeat"] = 1;
        values[valuesById[2] = "MsgProp"] = 2;
        values[valuesById[3] = "MsgApp"] = 3;
        values[valuesById[4] = "MsgAppResp"] = 4;
        values[valuesById[5] = "MsgVote"] = 5;
        values[valuesById[6] = "MsgVoteResp"] = 6;
        values[valuesById[7] = "MsgSnap"] = 7;
        values[valuesById[8] = "MsgHeartbeat"] = 8;
        values[valuesById[9] = "MsgHeartbeatResp"] = 9;
        values[valuesById[10] = "MsgUnreachable"] = 10;
        values[valuesById[11] = "MsgSnapStatus"] = 11;
        values[valuesById[12] = "MsgCheckQuorum"] = 12;
        values[valuesById[13] = "MsgTransferLeader"] = 13;
        values[valuesById[14] = "MsgTimeoutNow"] = 14;
        values[valuesById[15] = "MsgReadIndex"] = 15;
        values[valuesById[16] = "MsgReadIndexResp"] = 16;
        values[valuesById[17] = "MsgPreVote"] = 17;
        values[valuesById[18] = "MsgPreVoteResp"] = 18;
        values[valuesById[19] = "MsgStorageAppend"] = 19;
        values[valuesById[20] = "MsgStorageAppendResp"] = 20;
        values[valuesById[21] = "MsgStorageApply"] = 21;
        values[valuesById[22] = "MsgStorageApplyResp"] = 22;
        values[valuesById[23] = "MsgForgetLeader"] = 23;
        return values;
    })();

    raftpb.Message = (function() {

        /**
         * Properties of a Message.
         * @typedef {Object} raftpb.Message.$Properties
         * @property {raftpb.MessageType|null} [type] Message type
         * @property {number|null} [to] Message to
         * @property {number|null} [from] Message from
         * @property {number|null} [term] Message term
         * @property {number|null} [logTerm] Message logTerm
         * @property {number|null} [index] Message index
         * @property {Array.<raftpb.Entry.$Properties>|null} [entries] Message entries
         * @property {number|null} [commit] Message commit
         * @property {raftpb.Snapshot.$Properties|null} [snapshot] Message snapshot
         * @property {boolean|null} [reject] Message reject
         * @property {number|null} [rejectHint] Message rejectHint
         * @property {Uint8Array|null} [context] Message context
         * @property {number|null} [vote] Message vote
         * @property {Array.<raftpb.Message.$Properties>|null} [responses] Message responses
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Message.
         * @memberof raftpb
         * @interface IMessage
         * @augments raftpb.Message.$Properties
         * @deprecated Use raftpb.Message.$Properties instead.
         */

        /**
         * Shape of a Message.
         * @typedef {raftpb.Message.$Properties} raftpb.Message.$Shape
         */

        /**
         * Constructs a new Message.
         * @memberof raftpb
         * @classdesc Represents a Message.
         * @constructor
         * @param {raftpb.Message.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Message = function (properties) {
            this.entries = [];
            this.responses = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Message type.
         * @member {raftpb.MessageType} type
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.type = 0;

        /**
         * Message to.
         * @member {number} to
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.to = 0;

        /**
         * Message from.
         * @member {number} from
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.from = 0;

        /**
         * Message term.
         * @member {number} term
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.term = 0;

        /**
         * Message logTerm.
         * @member {number} logTerm
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.logTerm = 0;

        /**
         * Message index.
         * @member {number} index
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.index = 0;

        /**
         * Message entries.
         * @member {Array.<raftpb.Entry.$Properties>} entries
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.entries = $util.emptyArray;

        /**
         * Message commit.
         * @member {number} commit
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.commit = 0;

        /**
         * Message snapshot.
         * @member {raftpb.Snapshot.$Properties|null|undefined} snapshot
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.snapshot = null;

        /**
         * Message reject.
         * @member {boolean} reject
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.reject = false;

        /**
         * Message rejectHint.
         * @member {number} rejectHint
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.rejectHint = 0;

        /**
         * Message context.
         * @member {Uint8Array} context
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.context = $util.newBuffer([]);

        /**
         * Message vote.
         * @member {number} vote
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.vote = 0;

        /**
         * Message responses.
         * @member {Array.<raftpb.Message.$Properties>} responses
         * @memberof raftpb.Message
         * @instance
         */
        Message.prototype.responses = $util.emptyArray;

        /**
         * Encodes the specified Message message. Does not implicitly {@link raftpb.Message.verify|verify} messages.
         * @function encode
         * @memberof raftpb.Message
         * @static
         * @param {raftpb.Message.$Properties} message Message message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Message.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.type);
            if (message.to != null && $Object.hasOwnProperty.call(message, "to"))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.to);
            if (message.from != null && $Object.hasOwnProperty.call(message, "from"))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.from);
            if (message.term != null && $Object.hasOwnProperty.call(message, "term"))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.term);
            if (message.logTerm != null && $Object.hasOwnProperty.call(message, "logTerm"))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.logTerm);
            if (message.index != null && $Object.hasOwnProperty.call(message, "index"))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.index);
            if (message.entries != null && message.entries.length)
                for (let i = 0; i < message.entries.length; ++i)
                    $root.raftpb.Entry.encode(message.entries[i], writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.commit != null && $Object.hasOwnProperty.call(message, "commit"))
                writer.uint32(/* id 8, wireType 0 =*/64).uint64(message.commit);
            if (message.snapshot != null && $Object.hasOwnProperty.call(message, "snapshot"))
                $root.raftpb.Snapshot.encode(message.snapshot, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
            if (message.reject != null && $Object.hasOwnProperty.call(message, "reject"))
                writer.uint32(/* id 10, wireType 0 =*/80).bool(message.reject);
            if (message.rejectHint != null && $Object.hasOwnProperty.call(message, "rejectHint"))
                writer.uint32(/* id 11, wireType 0 =*/88).uint64(message.rejectHint);
            if (message.context != null && $Object.hasOwnProperty.call(message, "context"))
                writer.uint32(/* id 12, wireType 2 =*/98).bytes(message.context);
            if (message.vote != null && $Object.hasOwnProperty.call(message, "vote"))
                writer.uint32(/* id 13, wireType 0 =*/104).uint64(message.vote);
            if (message.responses != null && message.responses.length)
                for (let i = 0; i < message.responses.length; ++i)
                    $root.raftpb.Message.encode(message.responses[i], writer.uint32(/* id 14, wireType 2 =*/114).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Message message from the specified reader or buffer.
         * @function decode
         * @memberof raftpb.Message
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {raftpb.Message & raftpb.Message.$Shape} Message
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Message.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.raftpb.Message();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        value = reader.int32();
                        if ($root.raftpb.MessageType[value] !== $undefined)
                            message.type = value;
                        else if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.to = reader.uint64();
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.from = reader.uint64();
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        message.term = reader.uint64();
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        message.logTerm = reader.uint64();
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        message.index = reader.uint64();
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if (!(message.entries && message.entries.length))
                            message.entries = [];
                        message.entries.push($root.raftpb.Entry.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        message.commit = reader.uint64();
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        message.snapshot = $root.raftpb.Snapshot.decode(reader, reader.size(), $undefined, _depth + 1, message.snapshot);
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        message.reject = reader.bool();
                        continue;
                    }
                case 11: {
                        if (wireType !== 0)
                            break;
                        message.rejectHint = reader.uint64();
                        continue;
                    }
                case 12: {
                        if (wireType !== 2)
                            break;
                        message.context = reader.bytes();
                        continue;
                    }
                case 13: {
                        if (wireType !== 0)
                            break;
                        message.vote = reader.uint64();
                        continue;
                    }
                case 14: {
                        if (wireType !== 2)
                            break;
                        if (!(message.responses && message.responses.length))
                            message.responses = [];
                        message.responses.push($root.raftpb.Message.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Message;
    })();

    /**
     * ConfChangeType enum.
     * @name raftpb.ConfChangeType
     * @enum {number}
     * @property {number} ConfChangeAddNode=0 ConfChangeAddNode value
     * @property {number} ConfChangeRemoveNode=1 ConfChangeRemoveNode value
     * @property {number} ConfChangeUpdateNode=2 ConfChangeUpdateNode value
     * @property {number} ConfChangeAddLearnerNode=3 ConfChangeAddLearnerNode value
     */
    raftpb.ConfChangeType = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "ConfChangeAddNode"] = 0;
        values[valuesById[1] = "ConfChangeRemoveNode"] = 1;
        values[valuesById[2] = "ConfChangeUpdateNode"] = 2;
        values[valuesById[3] = "ConfChangeAddLearnerNode"] = 3;
        return values;
    })();

    raftpb.ConfChange = (function() {

        /**
         * Properties of a ConfChange.
         * @typedef {Object} raftpb.ConfChange.$Properties
         * @property {number|null} [id] ConfChange id
         * @property {raftpb.ConfChangeType|null} [type] ConfChange type
         * @property {number|null} [nodeId] ConfChange nodeId
         * @property {Uint8Array|null} [context] ConfChange context
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ConfChange.
         * @memberof raftpb
         * @interface IConfChange
         * @augments raftpb.ConfChange.$Properties
         * @deprecated Use raftpb.ConfChange.$Properties instead.
         */

        /**
         * Shape of a ConfChange.
         * @typedef {raftpb.ConfChange.$Properties} raftpb.ConfChange.$Shape
         */

        /**
         * Constructs a new ConfChange.
         * @memberof raftpb
         * @classdesc Represents a ConfChange.
         * @constructor
         * @param {raftpb.ConfChange.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ConfChange = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ConfChange id.
         * @member {number} id
         * @memberof raftpb.ConfChange
         * @instance
         */
        ConfChange.prototype.id = 0;

        /**
         * ConfChange type.
         * @member {raftpb.ConfChangeType} type
         * @memberof raftpb.ConfChange
         * @instance
         */
        ConfChange.prototype.type = 0;

        /**
         * ConfChange nodeId.
         * @member {number} nodeId
         * @memberof raftpb.ConfChange
         * @instance
         */
        ConfChange.prototype.nodeId = 0;

        /**
         * ConfChange context.
         * @member {Uint8Array} context
         * @memberof raftpb.ConfChange
         * @instance
         */
        ConfChange.prototype.context = $util.newBuffer([]);

        /**
         * Encodes the specified ConfChange message. Does not implicitly {@link raftpb.ConfChange.verify|verify} messages.
         * @function encode
         * @memberof raftpb.ConfChange
         * @static
         * @param {raftpb.ConfChange.$Properties} message ConfChange message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ConfChange.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.id);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                writer.uint32(/* id 2, wireType 0 =*/16).int32(message.type);
            if (message.nodeId != null && $Object.hasOwnProperty.call(message, "nodeId"))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.nodeId);
            if (message.context != null && $Object.hasOwnProperty.call(message, "context"))
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.context);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ConfChange message from the specified reader or buffer.
         * @function decode
         * @memberof raftpb.ConfChange
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {raftpb.ConfChange & raftpb.ConfChange.$Shape} ConfChange
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ConfChange.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.raftpb.ConfChange();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.id = reader.uint64();
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        value = reader.int32();
                        if ($root.raftpb.ConfChangeType[value] !== $undefined)
                            message.type = value;
                        else if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.nodeId = reader.uint64();
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.context = reader.bytes();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ConfChange;
    })();

    raftpb.ConfChangeSingle = (function() {

        /**
         * Properties of a ConfChangeSingle.
         * @typedef {Object} raftpb.ConfChangeSingle.$Properties
         * @property {raftpb.ConfChangeType|null} [type] ConfChangeSingle type
         * @property {number|null} [nodeId] ConfChangeSingle nodeId
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ConfChangeSingle.
         * @memberof raftpb
         * @interface IConfChangeSingle
         * @augments raftpb.ConfChangeSingle.$Properties
         * @deprecated Use raftpb.ConfChangeSingle.$Properties instead.
         */

        /**
         * Shape of a ConfChangeSingle.
         * @typedef {raftpb.ConfChangeSingle.$Properties} raftpb.ConfChangeSingle.$Shape
         */

        /**
         * Constructs a new ConfChangeSingle.
         * @memberof raftpb
         * @classdesc Represents a ConfChangeSingle.
         * @constructor
         * @param {raftpb.ConfChangeSingle.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ConfChangeSingle = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ConfChangeSingle type.
         * @member {raftpb.ConfChangeType} type
         * @memberof raftpb.ConfChangeSingle
         * @instance
         */
        ConfChangeSingle.prototype.type = 0;

        /**
         * ConfChangeSingle nodeId.
         * @member {number} nodeId
         * @memberof raftpb.ConfChangeSingle
         * @instance
         */
        ConfChangeSingle.prototype.nodeId = 0;

        /**
         * Encodes the specified ConfChangeSingle message. Does not implicitly {@link raftpb.ConfChangeSingle.verify|verify} messages.
         * @function encode
         * @memberof raftpb.ConfChangeSingle
         * @static
         * @param {raftpb.ConfChangeSingle.$Properties} message ConfChangeSingle message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ConfChangeSingle.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.type);
            if (message.nodeId != null && $Object.hasOwnProperty.call(message, "nodeId"))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.nodeId);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ConfChangeSingle message from the specified reader or buffer.
         * @function decode
         * @memberof raftpb.ConfChangeSingle
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {raftpb.ConfChangeSingle & raftpb.ConfChangeSingle.$Shape} ConfChangeSingle
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ConfChangeSingle.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.raftpb.ConfChangeSingle();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        value = reader.int32();
                        if ($root.raftpb.ConfChangeType[value] !== $undefined)
                            message.type = value;
                        else if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.nodeId = reader.uint64();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ConfChangeSingle;
    })();

    /**
     * ConfChangeTransition enum.
     * @name raftpb.ConfChangeTransition
     * @enum {number}
     * @property {number} ConfChangeTransitionAuto=0 ConfChangeTransitionAuto value
     * @property {number} ConfChangeTransitionJointImplicit=1 ConfChangeTransitionJointImplicit value
     * @property {number} ConfChangeTransitionJointExplicit=2 ConfChangeTransitionJointExplicit value
     */
    raftpb.ConfChangeTransition = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "ConfChangeTransitionAuto"] = 0;
        values[valuesById[1] = "ConfChangeTransitionJointImplicit"] = 1;
        values[valuesById[2] = "ConfChangeTransitionJointExplicit"] = 2;
        return values;
    })();

    raftpb.ConfChangeV2 = (function() {

        /**
         * Properties of a ConfChangeV2.
         * @typedef {Object} raftpb.ConfChangeV2.$Properties
         * @property {raftpb.ConfChangeTransition|null} [transition] ConfChangeV2 transition
         * @property {Array.<raftpb.ConfChangeSingle.$Properties>|null} [changes] ConfChangeV2 changes
         * @property {Uint8Array|null} [context] ConfChangeV2 context
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ConfChangeV2.
         * @memberof raftpb
         * @interface IConfChangeV2
         * @augments raftpb.ConfChangeV2.$Properties
         * @deprecated Use raftpb.ConfChangeV2.$Properties instead.
         */

        /**
         * Shape of a ConfChangeV2.
         * @typedef {raftpb.ConfChangeV2.$Properties} raftpb.ConfChangeV2.$Shape
         */

        /**
         * Constructs a new ConfChangeV2.
         * @memberof raftpb
         * @classdesc Represents a ConfChangeV2.
         * @constructor
         * @param {raftpb.ConfChangeV2.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ConfChangeV2 = function (properties) {
            this.changes = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ConfChangeV2 transition.
         * @member {raftpb.ConfChangeTransition} transition
         * @memberof raftpb.ConfChangeV2
         * @instance
         */
        ConfChangeV2.prototype.transition = 0;

        /**
         * ConfChangeV2 changes.
         * @member {Array.<raftpb.ConfChangeSingle.$Properties>} changes
         * @memberof raftpb.ConfChangeV2
         * @instance
         */
        ConfChangeV2.prototype.changes = $util.emptyArray;

        /**
         * ConfChangeV2 context.
         * @member {Uint8Array} context
         * @memberof raftpb.ConfChangeV2
         * @instance
         */
        ConfChangeV2.prototype.context = $util.newBuffer([]);

        /**
         * Encodes the specified ConfChangeV2 message. Does not implicitly {@link raftpb.ConfChangeV2.verify|verify} messages.
         * @function encode
         * @memberof raftpb.ConfChangeV2
         * @static
         * @param {raftpb.ConfChangeV2.$Properties} message ConfChangeV2 message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ConfChangeV2.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.transition != null && $Object.hasOwnProperty.call(message, "transition"))
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.transition);
            if (message.changes != null && message.changes.length)
                for (let i = 0; i < message.changes.length; ++i)
                    $root.raftpb.ConfChangeSingle.encode(message.changes[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.context != null && $Object.hasOwnProperty.call(message, "context"))
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.context);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ConfChangeV2 message from the specified reader or buffer.
         * @function decode
         * @memberof raftpb.ConfChangeV2
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {raftpb.ConfChangeV2 & raftpb.ConfChangeV2.$Shape} ConfChangeV2
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ConfChangeV2.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.raftpb.ConfChangeV2();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        value = reader.int32();
                        if ($root.raftpb.ConfChangeTransition[value] !== $undefined)
                            message.transition = value;
                        else if (!reader.discardUnknown) {
                            $util.makeProp(message, "$unknowns", false);
                            (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                        }
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.changes && message.changes.length))
                            message.changes = [];
                        message.changes.push($root.raftpb.ConfChangeSingle.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.context = reader.bytes();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ConfChangeV2;
    })();

    return raftpb;
})();

export {
  $root as default
};
