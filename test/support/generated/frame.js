/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["frame"] || ($protobuf.roots["frame"] = {});

export const framepb = $root.framepb = (() => {

    /**
     * Namespace framepb.
     * @exports framepb
     * @namespace
     */
    const framepb = {};

    framepb.Envelope = (function() {

        /**
         * Properties of an Envelope.
         * @typedef {Object} framepb.Envelope.$Properties
         * @property {number|null} [format] Envelope format
         * @property {Uint8Array|null} [cluster] Envelope cluster
         * @property {number|null} [from] Envelope from
         * @property {Uint8Array|null} [fromInstance] Envelope fromInstance
         * @property {number|null} [to] Envelope to
         * @property {Uint8Array|null} [toInstance] Envelope toInstance
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Envelope.
         * @memberof framepb
         * @interface IEnvelope
         * @augments framepb.Envelope.$Properties
         * @deprecated Use framepb.Envelope.$Properties instead.
         */

        /**
         * Shape of an Envelope.
         * @typedef {framepb.Envelope.$Properties} framepb.Envelope.$Shape
         */

        /**
         * Constructs a new Envelope.
         * @memberof framepb
         * @classdesc Represents an Envelope.
         * @constructor
         * @param {framepb.Envelope.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Envelope = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Envelope format.
         * @member {number} format
         * @memberof framepb.Envelope
         * @instance
         */
        Envelope.prototype.format = 0;

        /**
         * Envelope cluster.
         * @member {Uint8Array} cluster
         * @memberof framepb.Envelope
         * @instance
         */
        Envelope.prototype.cluster = $util.newBuffer([]);

        /**
         * Envelope from.
         * @member {number} from
         * @memberof framepb.Envelope
         * @instance
         */
        Envelope.prototype.from = 0;

        /**
         * Envelope fromInstance.
         * @member {Uint8Array} fromInstance
         * @memberof framepb.Envelope
         * @instance
         */
        Envelope.prototype.fromInstance = $util.newBuffer([]);

        /**
         * Envelope to.
         * @member {number} to
         * @memberof framepb.Envelope
         * @instance
         */
        Envelope.prototype.to = 0;

        /**
         * Envelope toInstance.
         * @member {Uint8Array} toInstance
         * @memberof framepb.Envelope
         * @instance
         */
        Envelope.prototype.toInstance = $util.newBuffer([]);

        /**
         * Encodes the specified Envelope message. Does not implicitly {@link framepb.Envelope.verify|verify} messages.
         * @function encode
         * @memberof framepb.Envelope
         * @static
         * @param {framepb.Envelope.$Properties} message Envelope message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Envelope.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.format);
            if (message.cluster != null && $Object.hasOwnProperty.call(message, "cluster") && message.cluster.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.cluster);
            if (message.from != null && $Object.hasOwnProperty.call(message, "from") && (typeof message.from === "object" ? message.from.low || message.from.high : message.from !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.from);
            if (message.fromInstance != null && $Object.hasOwnProperty.call(message, "fromInstance") && message.fromInstance.length)
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.fromInstance);
            if (message.to != null && $Object.hasOwnProperty.call(message, "to") && (typeof message.to === "object" ? message.to.low || message.to.high : message.to !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.to);
            if (message.toInstance != null && $Object.hasOwnProperty.call(message, "toInstance") && message.toInstance.length)
                writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.toInstance);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Envelope message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.Envelope
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.Envelope & framepb.Envelope.$Shape} Envelope
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Envelope.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.Envelope();
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
                        if (value = reader.uint32())
                            message.format = value;
                        else
                            delete message.format;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.cluster = value;
                        else
                            delete message.cluster;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.from = value;
                        else
                            delete message.from;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.fromInstance = value;
                        else
                            delete message.fromInstance;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.to = value;
                        else
                            delete message.to;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.toInstance = value;
                        else
                            delete message.toInstance;
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

        return Envelope;
    })();

    framepb.Frame = (function() {

        /**
         * Properties of a Frame.
         * @typedef {Object} framepb.Frame.$Properties
         * @property {framepb.Envelope.$Properties|null} [envelope] Frame envelope
         * @property {number|null} [sequence] Frame sequence
         * @property {number|null} [acknowledged] Frame acknowledged
         * @property {Array.<Uint8Array>|null} [messages] Frame messages
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Frame.
         * @memberof framepb
         * @interface IFrame
         * @augments framepb.Frame.$Properties
         * @deprecated Use framepb.Frame.$Properties instead.
         */

        /**
         * Shape of a Frame.
         * @typedef {framepb.Frame.$Properties} framepb.Frame.$Shape
         */

        /**
         * Constructs a new Frame.
         * @memberof framepb
         * @classdesc Represents a Frame.
         * @constructor
         * @param {framepb.Frame.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Frame = function (properties) {
            this.messages = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Frame envelope.
         * @member {framepb.Envelope.$Properties|null|undefined} envelope
         * @memberof framepb.Frame
         * @instance
         */
        Frame.prototype.envelope = null;

        /**
         * Frame sequence.
         * @member {number} sequence
         * @memberof framepb.Frame
         * @instance
         */
        Frame.prototype.sequence = 0;

        /**
         * Frame acknowledged.
         * @member {number} acknowledged
         * @memberof framepb.Frame
         * @instance
         */
        Frame.prototype.acknowledged = 0;

        /**
         * Frame messages.
         * @member {Array.<Uint8Array>} messages
         * @memberof framepb.Frame
         * @instance
         */
        Frame.prototype.messages = $util.emptyArray;

        /**
         * Encodes the specified Frame message. Does not implicitly {@link framepb.Frame.verify|verify} messages.
         * @function encode
         * @memberof framepb.Frame
         * @static
         * @param {framepb.Frame.$Properties} message Frame message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Frame.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.envelope != null && $Object.hasOwnProperty.call(message, "envelope"))
                $root.framepb.Envelope.encode(message.envelope, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.sequence);
            if (message.acknowledged != null && $Object.hasOwnProperty.call(message, "acknowledged") && (typeof message.acknowledged === "object" ? message.acknowledged.low || message.acknowledged.high : message.acknowledged !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.acknowledged);
            if (message.messages != null && message.messages.length)
                for (let i = 0; i < message.messages.length; ++i)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.messages[i]);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Frame message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.Frame
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.Frame & framepb.Frame.$Shape} Frame
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Frame.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.Frame();
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
                        message.envelope = $root.framepb.Envelope.decode(reader, reader.size(), $undefined, _depth + 1, message.envelope);
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.sequence = value;
                        else
                            delete message.sequence;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.acknowledged = value;
                        else
                            delete message.acknowledged;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.messages && message.messages.length))
                            message.messages = [];
                        message.messages.push(reader.bytes());
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

        return Frame;
    })();

    framepb.Call = (function() {

        /**
         * Properties of a Call.
         * @typedef {Object} framepb.Call.$Properties
         * @property {framepb.Envelope.$Properties|null} [envelope] Call envelope
         * @property {Uint8Array|null} [message] Call message
         * @property {framepb.ChunkRequest.$Properties|null} [chunk] Call chunk
         * @property {framepb.JoinRequest.$Properties|null} [join] Call join
         * @property {string|null} [reason] Call reason
         * @property {framepb.Stand.$Properties|null} [sleep] Call sleep
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Call.
         * @memberof framepb
         * @interface ICall
         * @augments framepb.Call.$Properties
         * @deprecated Use framepb.Call.$Properties instead.
         */

        /**
         * Shape of a Call.
         * @typedef {framepb.Call.$Properties} framepb.Call.$Shape
         */

        /**
         * Constructs a new Call.
         * @memberof framepb
         * @classdesc Represents a Call.
         * @constructor
         * @param {framepb.Call.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Call = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Call envelope.
         * @member {framepb.Envelope.$Properties|null|undefined} envelope
         * @memberof framepb.Call
         * @instance
         */
        Call.prototype.envelope = null;

        /**
         * Call message.
         * @member {Uint8Array} message
         * @memberof framepb.Call
         * @instance
         */
        Call.prototype.message = $util.newBuffer([]);

        /**
         * Call chunk.
         * @member {framepb.ChunkRequest.$Properties|null|undefined} chunk
         * @memberof framepb.Call
         * @instance
         */
        Call.prototype.chunk = null;

        /**
         * Call join.
         * @member {framepb.JoinRequest.$Properties|null|undefined} join
         * @memberof framepb.Call
         * @instance
         */
        Call.prototype.join = null;

        /**
         * Call reason.
         * @member {string} reason
         * @memberof framepb.Call
         * @instance
         */
        Call.prototype.reason = "";

        /**
         * Call sleep.
         * @member {framepb.Stand.$Properties|null|undefined} sleep
         * @memberof framepb.Call
         * @instance
         */
        Call.prototype.sleep = null;

        /**
         * Encodes the specified Call message. Does not implicitly {@link framepb.Call.verify|verify} messages.
         * @function encode
         * @memberof framepb.Call
         * @static
         * @param {framepb.Call.$Properties} message Call message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Call.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.envelope != null && $Object.hasOwnProperty.call(message, "envelope"))
                $root.framepb.Envelope.encode(message.envelope, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.message);
            if (message.chunk != null && $Object.hasOwnProperty.call(message, "chunk"))
                $root.framepb.ChunkRequest.encode(message.chunk, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.join != null && $Object.hasOwnProperty.call(message, "join"))
                $root.framepb.JoinRequest.encode(message.join, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.reason);
            if (message.sleep != null && $Object.hasOwnProperty.call(message, "sleep"))
                $root.framepb.Stand.encode(message.sleep, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Call message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.Call
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.Call & framepb.Call.$Shape} Call
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Call.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.Call();
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
                        message.envelope = $root.framepb.Envelope.decode(reader, reader.size(), $undefined, _depth + 1, message.envelope);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.message = value;
                        else
                            delete message.message;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.chunk = $root.framepb.ChunkRequest.decode(reader, reader.size(), $undefined, _depth + 1, message.chunk);
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.join = $root.framepb.JoinRequest.decode(reader, reader.size(), $undefined, _depth + 1, message.join);
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.sleep = $root.framepb.Stand.decode(reader, reader.size(), $undefined, _depth + 1, message.sleep);
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

        return Call;
    })();

    framepb.CallResponse = (function() {

        /**
         * Properties of a CallResponse.
         * @typedef {Object} framepb.CallResponse.$Properties
         * @property {framepb.Envelope.$Properties|null} [envelope] CallResponse envelope
         * @property {Uint8Array|null} [message] CallResponse message
         * @property {Uint8Array|null} [chunk] CallResponse chunk
         * @property {framepb.JoinResponse.$Properties|null} [join] CallResponse join
         * @property {string|null} [refused] CallResponse refused
         * @property {framepb.Fingerprints.$Properties|null} [fingerprints] CallResponse fingerprints
         * @property {framepb.Stand.$Properties|null} [sleep] CallResponse sleep
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a CallResponse.
         * @memberof framepb
         * @interface ICallResponse
         * @augments framepb.CallResponse.$Properties
         * @deprecated Use framepb.CallResponse.$Properties instead.
         */

        /**
         * Shape of a CallResponse.
         * @typedef {framepb.CallResponse.$Properties} framepb.CallResponse.$Shape
         */

        /**
         * Constructs a new CallResponse.
         * @memberof framepb
         * @classdesc Represents a CallResponse.
         * @constructor
         * @param {framepb.CallResponse.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const CallResponse = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * CallResponse envelope.
         * @member {framepb.Envelope.$Properties|null|undefined} envelope
         * @memberof framepb.CallResponse
         * @instance
         */
        CallResponse.prototype.envelope = null;

        /**
         * CallResponse message.
         * @member {Uint8Array} message
         * @memberof framepb.CallResponse
         * @instance
         */
        CallResponse.prototype.message = $util.newBuffer([]);

        /**
         * CallResponse chunk.
         * @member {Uint8Array} chunk
         * @memberof framepb.CallResponse
         * @instance
         */
        CallResponse.prototype.chunk = $util.newBuffer([]);

        /**
         * CallResponse join.
         * @member {framepb.JoinResponse.$Properties|null|undefined} join
         * @memberof framepb.CallResponse
         * @instance
         */
        CallResponse.prototype.join = null;

        /**
         * CallResponse refused.
         * @member {string} refused
         * @memberof framepb.CallResponse
         * @instance
         */
        CallResponse.prototype.refused = "";

        /**
         * CallResponse fingerprints.
         * @member {framepb.Fingerprints.$Properties|null|undefined} fingerprints
         * @memberof framepb.CallResponse
         * @instance
         */
        CallResponse.prototype.fingerprints = null;

        /**
         * CallResponse sleep.
         * @member {framepb.Stand.$Properties|null|undefined} sleep
         * @memberof framepb.CallResponse
         * @instance
         */
        CallResponse.prototype.sleep = null;

        /**
         * Encodes the specified CallResponse message. Does not implicitly {@link framepb.CallResponse.verify|verify} messages.
         * @function encode
         * @memberof framepb.CallResponse
         * @static
         * @param {framepb.CallResponse.$Properties} message CallResponse message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        CallResponse.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.envelope != null && $Object.hasOwnProperty.call(message, "envelope"))
                $root.framepb.Envelope.encode(message.envelope, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.message);
            if (message.chunk != null && $Object.hasOwnProperty.call(message, "chunk") && message.chunk.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.chunk);
            if (message.join != null && $Object.hasOwnProperty.call(message, "join"))
                $root.framepb.JoinResponse.encode(message.join, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.refused != null && $Object.hasOwnProperty.call(message, "refused") && message.refused !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.refused);
            if (message.fingerprints != null && $Object.hasOwnProperty.call(message, "fingerprints"))
                $root.framepb.Fingerprints.encode(message.fingerprints, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.sleep != null && $Object.hasOwnProperty.call(message, "sleep"))
                $root.framepb.Stand.encode(message.sleep, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a CallResponse message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.CallResponse
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.CallResponse & framepb.CallResponse.$Shape} CallResponse
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        CallResponse.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.CallResponse();
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
                        message.envelope = $root.framepb.Envelope.decode(reader, reader.size(), $undefined, _depth + 1, message.envelope);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.message = value;
                        else
                            delete message.message;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.chunk = value;
                        else
                            delete message.chunk;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.join = $root.framepb.JoinResponse.decode(reader, reader.size(), $undefined, _depth + 1, message.join);
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.refused = value;
                        else
                            delete message.refused;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.fingerprints = $root.framepb.Fingerprints.decode(reader, reader.size(), $undefined, _depth + 1, message.fingerprints);
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.sleep = $root.framepb.Stand.decode(reader, reader.size(), $undefined, _depth + 1, message.sleep);
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

        return CallResponse;
    })();

    framepb.Stand = (function() {

        /**
         * Properties of a Stand.
         * @typedef {Object} framepb.Stand.$Properties
         * @property {number|null} [term] Stand term
         * @property {number|null} [lead] Stand lead
         * @property {number|null} [index] Stand index
         * @property {number|null} [indexTerm] Stand indexTerm
         * @property {number|null} [last] Stand last
         * @property {number|null} [lastTerm] Stand lastTerm
         * @property {boolean|null} [asleep] Stand asleep
         * @property {number|null} [leaseMs] Stand leaseMs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Stand.
         * @memberof framepb
         * @interface IStand
         * @augments framepb.Stand.$Properties
         * @deprecated Use framepb.Stand.$Properties instead.
         */

        /**
         * Shape of a Stand.
         * @typedef {framepb.Stand.$Properties} framepb.Stand.$Shape
         */

        /**
         * Constructs a new Stand.
         * @memberof framepb
         * @classdesc Represents a Stand.
         * @constructor
         * @param {framepb.Stand.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Stand = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Stand term.
         * @member {number} term
         * @memberof framepb.Stand
         * @instance
         */
        Stand.prototype.term = 0;

        /**
         * Stand lead.
         * @member {number} lead
         * @memberof framepb.Stand
         * @instance
         */
        Stand.prototype.lead = 0;

        /**
         * Stand index.
         * @member {number} index
         * @memberof framepb.Stand
         * @instance
         */
        Stand.prototype.index = 0;

        /**
         * Stand indexTerm.
         * @member {number} indexTerm
         * @memberof framepb.Stand
         * @instance
         */
        Stand.prototype.indexTerm = 0;

        /**
         * Stand last.
         * @member {number} last
         * @memberof framepb.Stand
         * @instance
         */
        Stand.prototype.last = 0;

        /**
         * Stand lastTerm.
         * @member {number} lastTerm
         * @memberof framepb.Stand
         * @instance
         */
        Stand.prototype.lastTerm = 0;

        /**
         * Stand asleep.
         * @member {boolean} asleep
         * @memberof framepb.Stand
         * @instance
         */
        Stand.prototype.asleep = false;

        /**
         * Stand leaseMs.
         * @member {number} leaseMs
         * @memberof framepb.Stand
         * @instance
         */
        Stand.prototype.leaseMs = 0;

        /**
         * Encodes the specified Stand message. Does not implicitly {@link framepb.Stand.verify|verify} messages.
         * @function encode
         * @memberof framepb.Stand
         * @static
         * @param {framepb.Stand.$Properties} message Stand message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Stand.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.term != null && $Object.hasOwnProperty.call(message, "term") && (typeof message.term === "object" ? message.term.low || message.term.high : message.term !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.term);
            if (message.lead != null && $Object.hasOwnProperty.call(message, "lead") && (typeof message.lead === "object" ? message.lead.low || message.lead.high : message.lead !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.lead);
            if (message.index != null && $Object.hasOwnProperty.call(message, "index") && (typeof message.index === "object" ? message.index.low || message.index.high : message.index !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.index);
            if (message.indexTerm != null && $Object.hasOwnProperty.call(message, "indexTerm") && (typeof message.indexTerm === "object" ? message.indexTerm.low || message.indexTerm.high : message.indexTerm !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.indexTerm);
            if (message.last != null && $Object.hasOwnProperty.call(message, "last") && (typeof message.last === "object" ? message.last.low || message.last.high : message.last !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.last);
            if (message.lastTerm != null && $Object.hasOwnProperty.call(message, "lastTerm") && (typeof message.lastTerm === "object" ? message.lastTerm.low || message.lastTerm.high : message.lastTerm !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.lastTerm);
            if (message.asleep != null && $Object.hasOwnProperty.call(message, "asleep") && message.asleep !== false)
                writer.uint32(/* id 7, wireType 0 =*/56).bool(message.asleep);
            if (message.leaseMs != null && $Object.hasOwnProperty.call(message, "leaseMs") && (typeof message.leaseMs === "object" ? message.leaseMs.low || message.leaseMs.high : message.leaseMs !== 0))
                writer.uint32(/* id 8, wireType 0 =*/64).uint64(message.leaseMs);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Stand message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.Stand
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.Stand & framepb.Stand.$Shape} Stand
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Stand.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.Stand();
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
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.term = value;
                        else
                            delete message.term;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.lead = value;
                        else
                            delete message.lead;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.index = value;
                        else
                            delete message.index;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.indexTerm = value;
                        else
                            delete message.indexTerm;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.last = value;
                        else
                            delete message.last;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.lastTerm = value;
                        else
                            delete message.lastTerm;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.asleep = value;
                        else
                            delete message.asleep;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.leaseMs = value;
                        else
                            delete message.leaseMs;
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

        return Stand;
    })();

    framepb.Fingerprints = (function() {

        /**
         * Properties of a Fingerprints.
         * @typedef {Object} framepb.Fingerprints.$Properties
         * @property {Array.<framepb.Fingerprint.$Properties>|null} [fingerprints] Fingerprints fingerprints
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Fingerprints.
         * @memberof framepb
         * @interface IFingerprints
         * @augments framepb.Fingerprints.$Properties
         * @deprecated Use framepb.Fingerprints.$Properties instead.
         */

        /**
         * Shape of a Fingerprints.
         * @typedef {framepb.Fingerprints.$Properties} framepb.Fingerprints.$Shape
         */

        /**
         * Constructs a new Fingerprints.
         * @memberof framepb
         * @classdesc Represents a Fingerprints.
         * @constructor
         * @param {framepb.Fingerprints.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Fingerprints = function (properties) {
            this.fingerprints = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Fingerprints fingerprints.
         * @member {Array.<framepb.Fingerprint.$Properties>} fingerprints
         * @memberof framepb.Fingerprints
         * @instance
         */
        Fingerprints.prototype.fingerprints = $util.emptyArray;

        /**
         * Encodes the specified Fingerprints message. Does not implicitly {@link framepb.Fingerprints.verify|verify} messages.
         * @function encode
         * @memberof framepb.Fingerprints
         * @static
         * @param {framepb.Fingerprints.$Properties} message Fingerprints message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Fingerprints.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.fingerprints != null && message.fingerprints.length)
                for (let i = 0; i < message.fingerprints.length; ++i)
                    $root.framepb.Fingerprint.encode(message.fingerprints[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Fingerprints message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.Fingerprints
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.Fingerprints & framepb.Fingerprints.$Shape} Fingerprints
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Fingerprints.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.Fingerprints();
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
                        if (!(message.fingerprints && message.fingerprints.length))
                            message.fingerprints = [];
                        message.fingerprints.push($root.framepb.Fingerprint.decode(reader, reader.size(), $undefined, _depth + 1));
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

        return Fingerprints;
    })();

    framepb.Fingerprint = (function() {

        /**
         * Properties of a Fingerprint.
         * @typedef {Object} framepb.Fingerprint.$Properties
         * @property {number|null} [index] Fingerprint index
         * @property {Uint8Array|null} [sum] Fingerprint sum
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Fingerprint.
         * @memberof framepb
         * @interface IFingerprint
         * @augments framepb.Fingerprint.$Properties
         * @deprecated Use framepb.Fingerprint.$Properties instead.
         */

        /**
         * Shape of a Fingerprint.
         * @typedef {framepb.Fingerprint.$Properties} framepb.Fingerprint.$Shape
         */

        /**
         * Constructs a new Fingerprint.
         * @memberof framepb
         * @classdesc Represents a Fingerprint.
         * @constructor
         * @param {framepb.Fingerprint.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Fingerprint = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Fingerprint index.
         * @member {number} index
         * @memberof framepb.Fingerprint
         * @instance
         */
        Fingerprint.prototype.index = 0;

        /**
         * Fingerprint sum.
         * @member {Uint8Array} sum
         * @memberof framepb.Fingerprint
         * @instance
         */
        Fingerprint.prototype.sum = $util.newBuffer([]);

        /**
         * Encodes the specified Fingerprint message. Does not implicitly {@link framepb.Fingerprint.verify|verify} messages.
         * @function encode
         * @memberof framepb.Fingerprint
         * @static
         * @param {framepb.Fingerprint.$Properties} message Fingerprint message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Fingerprint.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.index != null && $Object.hasOwnProperty.call(message, "index") && (typeof message.index === "object" ? message.index.low || message.index.high : message.index !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.index);
            if (message.sum != null && $Object.hasOwnProperty.call(message, "sum") && message.sum.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.sum);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Fingerprint message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.Fingerprint
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.Fingerprint & framepb.Fingerprint.$Shape} Fingerprint
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Fingerprint.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.Fingerprint();
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
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.index = value;
                        else
                            delete message.index;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.sum = value;
                        else
                            delete message.sum;
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

        return Fingerprint;
    })();

    framepb.ChunkRequest = (function() {

        /**
         * Properties of a ChunkRequest.
         * @typedef {Object} framepb.ChunkRequest.$Properties
         * @property {number|null} [index] ChunkRequest index
         * @property {number|null} [term] ChunkRequest term
         * @property {number|null} [manifestCrc] ChunkRequest manifestCrc
         * @property {Uint8Array|null} [cursor] ChunkRequest cursor
         * @property {number|null} [aboveRevision] ChunkRequest aboveRevision
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ChunkRequest.
         * @memberof framepb
         * @interface IChunkRequest
         * @augments framepb.ChunkRequest.$Properties
         * @deprecated Use framepb.ChunkRequest.$Properties instead.
         */

        /**
         * Shape of a ChunkRequest.
         * @typedef {framepb.ChunkRequest.$Properties} framepb.ChunkRequest.$Shape
         */

        /**
         * Constructs a new ChunkRequest.
         * @memberof framepb
         * @classdesc Represents a ChunkRequest.
         * @constructor
         * @param {framepb.ChunkRequest.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ChunkRequest = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ChunkRequest index.
         * @member {number} index
         * @memberof framepb.ChunkRequest
         * @instance
         */
        ChunkRequest.prototype.index = 0;

        /**
         * ChunkRequest term.
         * @member {number} term
         * @memberof framepb.ChunkRequest
         * @instance
         */
        ChunkRequest.prototype.term = 0;

        /**
         * ChunkRequest manifestCrc.
         * @member {number} manifestCrc
         * @memberof framepb.ChunkRequest
         * @instance
         */
        ChunkRequest.prototype.manifestCrc = 0;

        /**
         * ChunkRequest cursor.
         * @member {Uint8Array} cursor
         * @memberof framepb.ChunkRequest
         * @instance
         */
        ChunkRequest.prototype.cursor = $util.newBuffer([]);

        /**
         * ChunkRequest aboveRevision.
         * @member {number} aboveRevision
         * @memberof framepb.ChunkRequest
         * @instance
         */
        ChunkRequest.prototype.aboveRevision = 0;

        /**
         * Encodes the specified ChunkRequest message. Does not implicitly {@link framepb.ChunkRequest.verify|verify} messages.
         * @function encode
         * @memberof framepb.ChunkRequest
         * @static
         * @param {framepb.ChunkRequest.$Properties} message ChunkRequest message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ChunkRequest.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.index != null && $Object.hasOwnProperty.call(message, "index") && (typeof message.index === "object" ? message.index.low || message.index.high : message.index !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.index);
            if (message.term != null && $Object.hasOwnProperty.call(message, "term") && (typeof message.term === "object" ? message.term.low || message.term.high : message.term !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.term);
            if (message.manifestCrc != null && $Object.hasOwnProperty.call(message, "manifestCrc") && message.manifestCrc !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.manifestCrc);
            if (message.cursor != null && $Object.hasOwnProperty.call(message, "cursor") && message.cursor.length)
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.cursor);
            if (message.aboveRevision != null && $Object.hasOwnProperty.call(message, "aboveRevision") && (typeof message.aboveRevision === "object" ? message.aboveRevision.low || message.aboveRevision.high : message.aboveRevision !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.aboveRevision);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ChunkRequest message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.ChunkRequest
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.ChunkRequest & framepb.ChunkRequest.$Shape} ChunkRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ChunkRequest.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.ChunkRequest();
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
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.index = value;
                        else
                            delete message.index;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.term = value;
                        else
                            delete message.term;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.manifestCrc = value;
                        else
                            delete message.manifestCrc;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.cursor = value;
                        else
                            delete message.cursor;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.aboveRevision = value;
                        else
                            delete message.aboveRevision;
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

        return ChunkRequest;
    })();

    framepb.JoinRequest = (function() {

        /**
         * Properties of a JoinRequest.
         * @typedef {Object} framepb.JoinRequest.$Properties
         * @property {number|null} [member] JoinRequest member
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a JoinRequest.
         * @memberof framepb
         * @interface IJoinRequest
         * @augments framepb.JoinRequest.$Properties
         * @deprecated Use framepb.JoinRequest.$Properties instead.
         */

        /**
         * Shape of a JoinRequest.
         * @typedef {framepb.JoinRequest.$Properties} framepb.JoinRequest.$Shape
         */

        /**
         * Constructs a new JoinRequest.
         * @memberof framepb
         * @classdesc Represents a JoinRequest.
         * @constructor
         * @param {framepb.JoinRequest.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const JoinRequest = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * JoinRequest member.
         * @member {number} member
         * @memberof framepb.JoinRequest
         * @instance
         */
        JoinRequest.prototype.member = 0;

        /**
         * Encodes the specified JoinRequest message. Does not implicitly {@link framepb.JoinRequest.verify|verify} messages.
         * @function encode
         * @memberof framepb.JoinRequest
         * @static
         * @param {framepb.JoinRequest.$Properties} message JoinRequest message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        JoinRequest.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.member != null && $Object.hasOwnProperty.call(message, "member") && (typeof message.member === "object" ? message.member.low || message.member.high : message.member !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.member);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a JoinRequest message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.JoinRequest
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.JoinRequest & framepb.JoinRequest.$Shape} JoinRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        JoinRequest.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.JoinRequest();
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
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.member = value;
                        else
                            delete message.member;
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

        return JoinRequest;
    })();

    framepb.JoinResponse = (function() {

        /**
         * Properties of a JoinResponse.
         * @typedef {Object} framepb.JoinResponse.$Properties
         * @property {Uint8Array|null} [instance] JoinResponse instance
         * @property {boolean|null} [empty] JoinResponse empty
         * @property {number|null} [version] JoinResponse version
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a JoinResponse.
         * @memberof framepb
         * @interface IJoinResponse
         * @augments framepb.JoinResponse.$Properties
         * @deprecated Use framepb.JoinResponse.$Properties instead.
         */

        /**
         * Shape of a JoinResponse.
         * @typedef {framepb.JoinResponse.$Properties} framepb.JoinResponse.$Shape
         */

        /**
         * Constructs a new JoinResponse.
         * @memberof framepb
         * @classdesc Represents a JoinResponse.
         * @constructor
         * @param {framepb.JoinResponse.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const JoinResponse = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * JoinResponse instance.
         * @member {Uint8Array} instance
         * @memberof framepb.JoinResponse
         * @instance
         */
        JoinResponse.prototype.instance = $util.newBuffer([]);

        /**
         * JoinResponse empty.
         * @member {boolean} empty
         * @memberof framepb.JoinResponse
         * @instance
         */
        JoinResponse.prototype.empty = false;

        /**
         * JoinResponse version.
         * @member {number} version
         * @memberof framepb.JoinResponse
         * @instance
         */
        JoinResponse.prototype.version = 0;

        /**
         * Encodes the specified JoinResponse message. Does not implicitly {@link framepb.JoinResponse.verify|verify} messages.
         * @function encode
         * @memberof framepb.JoinResponse
         * @static
         * @param {framepb.JoinResponse.$Properties} message JoinResponse message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        JoinResponse.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.instance != null && $Object.hasOwnProperty.call(message, "instance") && message.instance.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.instance);
            if (message.empty != null && $Object.hasOwnProperty.call(message, "empty") && message.empty !== false)
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.empty);
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.version);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a JoinResponse message from the specified reader or buffer.
         * @function decode
         * @memberof framepb.JoinResponse
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {framepb.JoinResponse & framepb.JoinResponse.$Shape} JoinResponse
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        JoinResponse.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.framepb.JoinResponse();
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
                        if ((value = reader.bytes()).length)
                            message.instance = value;
                        else
                            delete message.instance;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.empty = value;
                        else
                            delete message.empty;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.version = value;
                        else
                            delete message.version;
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

        return JoinResponse;
    })();

    return framepb;
})();

export {
  $root as default
};
