/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["rpc"] || ($protobuf.roots["rpc"] = {});

export const rpcpb = $root.rpcpb = (() => {

    /**
     * Namespace rpcpb.
     * @exports rpcpb
     * @namespace
     */
    const rpcpb = {};

    rpcpb.Header = (function() {

        /**
         * Properties of a Header.
         * @typedef {Object} rpcpb.Header.$Properties
         * @property {Uint8Array|null} [clusterId] Header clusterId
         * @property {number|null} [memberId] Header memberId
         * @property {number|null} [revision] Header revision
         * @property {number|null} [raftTerm] Header raftTerm
         * @property {number|null} [appliedIndex] Header appliedIndex
         * @property {number|null} [leader] Header leader
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Header.
         * @memberof rpcpb
         * @interface IHeader
         * @augments rpcpb.Header.$Properties
         * @deprecated Use rpcpb.Header.$Properties instead.
         */

        /**
         * Shape of a Header.
         * @typedef {rpcpb.Header.$Properties} rpcpb.Header.$Shape
         */

        /**
         * Constructs a new Header.
         * @memberof rpcpb
         * @classdesc Represents a Header.
         * @constructor
         * @param {rpcpb.Header.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Header = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Header clusterId.
         * @member {Uint8Array} clusterId
         * @memberof rpcpb.Header
         * @instance
         */
        Header.prototype.clusterId = $util.newBuffer([]);

        /**
         * Header memberId.
         * @member {number} memberId
         * @memberof rpcpb.Header
         * @instance
         */
        Header.prototype.memberId = 0;

        /**
         * Header revision.
         * @member {number} revision
         * @memberof rpcpb.Header
         * @instance
         */
        Header.prototype.revision = 0;

        /**
         * Header raftTerm.
         * @member {number} raftTerm
         * @memberof rpcpb.Header
         * @instance
         */
        Header.prototype.raftTerm = 0;

        /**
         * Header appliedIndex.
         * @member {number} appliedIndex
         * @memberof rpcpb.Header
         * @instance
         */
        Header.prototype.appliedIndex = 0;

        /**
         * Header leader.
         * @member {number} leader
         * @memberof rpcpb.Header
         * @instance
         */
        Header.prototype.leader = 0;

        /**
         * Encodes the specified Header message. Does not implicitly {@link rpcpb.Header.verify|verify} messages.
         * @function encode
         * @memberof rpcpb.Header
         * @static
         * @param {rpcpb.Header.$Properties} message Header message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Header.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.clusterId != null && $Object.hasOwnProperty.call(message, "clusterId") && message.clusterId.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.clusterId);
            if (message.memberId != null && $Object.hasOwnProperty.call(message, "memberId") && (typeof message.memberId === "object" ? message.memberId.low || message.memberId.high : message.memberId !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.memberId);
            if (message.revision != null && $Object.hasOwnProperty.call(message, "revision") && (typeof message.revision === "object" ? message.revision.low || message.revision.high : message.revision !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.revision);
            if (message.raftTerm != null && $Object.hasOwnProperty.call(message, "raftTerm") && (typeof message.raftTerm === "object" ? message.raftTerm.low || message.raftTerm.high : message.raftTerm !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.raftTerm);
            if (message.appliedIndex != null && $Object.hasOwnProperty.call(message, "appliedIndex") && (typeof message.appliedIndex === "object" ? message.appliedIndex.low || message.appliedIndex.high : message.appliedIndex !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.appliedIndex);
            if (message.leader != null && $Object.hasOwnProperty.call(message, "leader") && (typeof message.leader === "object" ? message.leader.low || message.leader.high : message.leader !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.leader);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Header message from the specified reader or buffer.
         * @function decode
         * @memberof rpcpb.Header
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {rpcpb.Header & rpcpb.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Header.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.rpcpb.Header();
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
                            message.clusterId = value;
                        else
                            delete message.clusterId;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.memberId = value;
                        else
                            delete message.memberId;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.revision = value;
                        else
                            delete message.revision;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.raftTerm = value;
                        else
                            delete message.raftTerm;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.appliedIndex = value;
                        else
                            delete message.appliedIndex;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.leader = value;
                        else
                            delete message.leader;
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

        return Header;
    })();

    rpcpb.ProposeRequest = (function() {

        /**
         * Properties of a ProposeRequest.
         * @typedef {Object} rpcpb.ProposeRequest.$Properties
         * @property {number|null} [format] ProposeRequest format
         * @property {Uint8Array|null} [request] ProposeRequest request
         * @property {string|null} [token] ProposeRequest token
         * @property {number|null} [timeoutMs] ProposeRequest timeoutMs
         * @property {boolean|null} [stranger] ProposeRequest stranger
         * @property {number|null} [attempt] ProposeRequest attempt
         * @property {number|null} [room] ProposeRequest room
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ProposeRequest.
         * @memberof rpcpb
         * @interface IProposeRequest
         * @augments rpcpb.ProposeRequest.$Properties
         * @deprecated Use rpcpb.ProposeRequest.$Properties instead.
         */

        /**
         * Shape of a ProposeRequest.
         * @typedef {rpcpb.ProposeRequest.$Properties} rpcpb.ProposeRequest.$Shape
         */

        /**
         * Constructs a new ProposeRequest.
         * @memberof rpcpb
         * @classdesc Represents a ProposeRequest.
         * @constructor
         * @param {rpcpb.ProposeRequest.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ProposeRequest = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ProposeRequest format.
         * @member {number} format
         * @memberof rpcpb.ProposeRequest
         * @instance
         */
        ProposeRequest.prototype.format = 0;

        /**
         * ProposeRequest request.
         * @member {Uint8Array} request
         * @memberof rpcpb.ProposeRequest
         * @instance
         */
        ProposeRequest.prototype.request = $util.newBuffer([]);

        /**
         * ProposeRequest token.
         * @member {string} token
         * @memberof rpcpb.ProposeRequest
         * @instance
         */
        ProposeRequest.prototype.token = "";

        /**
         * ProposeRequest timeoutMs.
         * @member {number} timeoutMs
         * @memberof rpcpb.ProposeRequest
         * @instance
         */
        ProposeRequest.prototype.timeoutMs = 0;

        /**
         * ProposeRequest stranger.
         * @member {boolean} stranger
         * @memberof rpcpb.ProposeRequest
         * @instance
         */
        ProposeRequest.prototype.stranger = false;

        /**
         * ProposeRequest attempt.
         * @member {number} attempt
         * @memberof rpcpb.ProposeRequest
         * @instance
         */
        ProposeRequest.prototype.attempt = 0;

        /**
         * ProposeRequest room.
         * @member {number} room
         * @memberof rpcpb.ProposeRequest
         * @instance
         */
        ProposeRequest.prototype.room = 0;

        /**
         * Encodes the specified ProposeRequest message. Does not implicitly {@link rpcpb.ProposeRequest.verify|verify} messages.
         * @function encode
         * @memberof rpcpb.ProposeRequest
         * @static
         * @param {rpcpb.ProposeRequest.$Properties} message ProposeRequest message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ProposeRequest.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.format);
            if (message.request != null && $Object.hasOwnProperty.call(message, "request") && message.request.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.request);
            if (message.token != null && $Object.hasOwnProperty.call(message, "token") && message.token !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.token);
            if (message.timeoutMs != null && $Object.hasOwnProperty.call(message, "timeoutMs") && message.timeoutMs !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.timeoutMs);
            if (message.stranger != null && $Object.hasOwnProperty.call(message, "stranger") && message.stranger !== false)
                writer.uint32(/* id 5, wireType 0 =*/40).bool(message.stranger);
            if (message.attempt != null && $Object.hasOwnProperty.call(message, "attempt") && (typeof message.attempt === "object" ? message.attempt.low || message.attempt.high : message.attempt !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.attempt);
            if (message.room != null && $Object.hasOwnProperty.call(message, "room") && message.room !== 0)
                writer.uint32(/* id 7, wireType 0 =*/56).uint32(message.room);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a ProposeRequest message from the specified reader or buffer.
         * @function decode
         * @memberof rpcpb.ProposeRequest
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {rpcpb.ProposeRequest & rpcpb.ProposeRequest.$Shape} ProposeRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ProposeRequest.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.rpcpb.ProposeRequest();
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
                            message.request = value;
                        else
                            delete message.request;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.token = value;
                        else
                            delete message.token;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.timeoutMs = value;
                        else
                            delete message.timeoutMs;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.stranger = value;
                        else
                            delete message.stranger;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.attempt = value;
                        else
                            delete message.attempt;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.room = value;
                        else
                            delete message.room;
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

        return ProposeRequest;
    })();

    rpcpb.Login = (function() {

        /**
         * Properties of a Login.
         * @typedef {Object} rpcpb.Login.$Properties
         * @property {number|null} [attempt] Login attempt
         * @property {string|null} [user] Login user
         * @property {string|null} [source] Login source
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Login.
         * @memberof rpcpb
         * @interface ILogin
         * @augments rpcpb.Login.$Properties
         * @deprecated Use rpcpb.Login.$Properties instead.
         */

        /**
         * Shape of a Login.
         * @typedef {rpcpb.Login.$Properties} rpcpb.Login.$Shape
         */

        /**
         * Constructs a new Login.
         * @memberof rpcpb
         * @classdesc Represents a Login.
         * @constructor
         * @param {rpcpb.Login.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Login = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Login attempt.
         * @member {number} attempt
         * @memberof rpcpb.Login
         * @instance
         */
        Login.prototype.attempt = 0;

        /**
         * Login user.
         * @member {string} user
         * @memberof rpcpb.Login
         * @instance
         */
        Login.prototype.user = "";

        /**
         * Login source.
         * @member {string} source
         * @memberof rpcpb.Login
         * @instance
         */
        Login.prototype.source = "";

        /**
         * Encodes the specified Login message. Does not implicitly {@link rpcpb.Login.verify|verify} messages.
         * @function encode
         * @memberof rpcpb.Login
         * @static
         * @param {rpcpb.Login.$Properties} message Login message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Login.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.attempt != null && $Object.hasOwnProperty.call(message, "attempt") && (typeof message.attempt === "object" ? message.attempt.low || message.attempt.high : message.attempt !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.attempt);
            if (message.user != null && $Object.hasOwnProperty.call(message, "user") && message.user !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.user);
            if (message.source != null && $Object.hasOwnProperty.call(message, "source") && message.source !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.source);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Login message from the specified reader or buffer.
         * @function decode
         * @memberof rpcpb.Login
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {rpcpb.Login & rpcpb.Login.$Shape} Login
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Login.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.rpcpb.Login();
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
                            message.attempt = value;
                        else
                            delete message.attempt;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.user = value;
                        else
                            delete message.user;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.source = value;
                        else
                            delete message.source;
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

        return Login;
    })();

    rpcpb.QueryRequest = (function() {

        /**
         * Properties of a QueryRequest.
         * @typedef {Object} rpcpb.QueryRequest.$Properties
         * @property {number|null} [format] QueryRequest format
         * @property {Uint8Array|null} [query] QueryRequest query
         * @property {string|null} [token] QueryRequest token
         * @property {number|null} [timeoutMs] QueryRequest timeoutMs
         * @property {number|null} [consistency] QueryRequest consistency
         * @property {boolean|null} [stranger] QueryRequest stranger
         * @property {rpcpb.Login.$Properties|null} [login] QueryRequest login
         * @property {number|null} [room] QueryRequest room
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a QueryRequest.
         * @memberof rpcpb
         * @interface IQueryRequest
         * @augments rpcpb.QueryRequest.$Properties
         * @deprecated Use rpcpb.QueryRequest.$Properties instead.
         */

        /**
         * Shape of a QueryRequest.
         * @typedef {rpcpb.QueryRequest.$Properties} rpcpb.QueryRequest.$Shape
         */

        /**
         * Constructs a new QueryRequest.
         * @memberof rpcpb
         * @classdesc Represents a QueryRequest.
         * @constructor
         * @param {rpcpb.QueryRequest.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const QueryRequest = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * QueryRequest format.
         * @member {number} format
         * @memberof rpcpb.QueryRequest
         * @instance
         */
        QueryRequest.prototype.format = 0;

        /**
         * QueryRequest query.
         * @member {Uint8Array} query
         * @memberof rpcpb.QueryRequest
         * @instance
         */
        QueryRequest.prototype.query = $util.newBuffer([]);

        /**
         * QueryRequest token.
         * @member {string} token
         * @memberof rpcpb.QueryRequest
         * @instance
         */
        QueryRequest.prototype.token = "";

        /**
         * QueryRequest timeoutMs.
         * @member {number} timeoutMs
         * @memberof rpcpb.QueryRequest
         * @instance
         */
        QueryRequest.prototype.timeoutMs = 0;

        /**
         * QueryRequest consistency.
         * @member {number} consistency
         * @memberof rpcpb.QueryRequest
         * @instance
         */
        QueryRequest.prototype.consistency = 0;

        /**
         * QueryRequest stranger.
         * @member {boolean} stranger
         * @memberof rpcpb.QueryRequest
         * @instance
         */
        QueryRequest.prototype.stranger = false;

        /**
         * QueryRequest login.
         * @member {rpcpb.Login.$Properties|null|undefined} login
         * @memberof rpcpb.QueryRequest
         * @instance
         */
        QueryRequest.prototype.login = null;

        /**
         * QueryRequest room.
         * @member {number} room
         * @memberof rpcpb.QueryRequest
         * @instance
         */
        QueryRequest.prototype.room = 0;

        /**
         * Encodes the specified QueryRequest message. Does not implicitly {@link rpcpb.QueryRequest.verify|verify} messages.
         * @function encode
         * @memberof rpcpb.QueryRequest
         * @static
         * @param {rpcpb.QueryRequest.$Properties} message QueryRequest message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        QueryRequest.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.format != null && $Object.hasOwnProperty.call(message, "format") && message.format !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.format);
            if (message.query != null && $Object.hasOwnProperty.call(message, "query") && message.query.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.query);
            if (message.token != null && $Object.hasOwnProperty.call(message, "token") && message.token !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.token);
            if (message.timeoutMs != null && $Object.hasOwnProperty.call(message, "timeoutMs") && message.timeoutMs !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.timeoutMs);
            if (message.consistency != null && $Object.hasOwnProperty.call(message, "consistency") && message.consistency !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.consistency);
            if (message.stranger != null && $Object.hasOwnProperty.call(message, "stranger") && message.stranger !== false)
                writer.uint32(/* id 6, wireType 0 =*/48).bool(message.stranger);
            if (message.login != null && $Object.hasOwnProperty.call(message, "login"))
                $root.rpcpb.Login.encode(message.login, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.room != null && $Object.hasOwnProperty.call(message, "room") && message.room !== 0)
                writer.uint32(/* id 8, wireType 0 =*/64).uint32(message.room);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a QueryRequest message from the specified reader or buffer.
         * @function decode
         * @memberof rpcpb.QueryRequest
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {rpcpb.QueryRequest & rpcpb.QueryRequest.$Shape} QueryRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        QueryRequest.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.rpcpb.QueryRequest();
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
                            message.query = value;
                        else
                            delete message.query;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.token = value;
                        else
                            delete message.token;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.timeoutMs = value;
                        else
                            delete message.timeoutMs;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.consistency = value;
                        else
                            delete message.consistency;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.stranger = value;
                        else
                            delete message.stranger;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.login = $root.rpcpb.Login.decode(reader, reader.size(), $undefined, _depth + 1, message.login);
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.room = value;
                        else
                            delete message.room;
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

        return QueryRequest;
    })();

    rpcpb.Answer = (function() {

        /**
         * Properties of an Answer.
         * @typedef {Object} rpcpb.Answer.$Properties
         * @property {rpcpb.Header.$Properties|null} [header] Answer header
         * @property {number|null} [kind] Answer kind
         * @property {Uint8Array|null} [response] Answer response
         * @property {number|null} [code] Answer code
         * @property {string|null} [message] Answer message
         * @property {boolean|null} [settled] Answer settled
         * @property {number|null} [number] Answer number
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Answer.
         * @memberof rpcpb
         * @interface IAnswer
         * @augments rpcpb.Answer.$Properties
         * @deprecated Use rpcpb.Answer.$Properties instead.
         */

        /**
         * Shape of an Answer.
         * @typedef {rpcpb.Answer.$Properties} rpcpb.Answer.$Shape
         */

        /**
         * Constructs a new Answer.
         * @memberof rpcpb
         * @classdesc Represents an Answer.
         * @constructor
         * @param {rpcpb.Answer.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Answer = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Answer header.
         * @member {rpcpb.Header.$Properties|null|undefined} header
         * @memberof rpcpb.Answer
         * @instance
         */
        Answer.prototype.header = null;

        /**
         * Answer kind.
         * @member {number} kind
         * @memberof rpcpb.Answer
         * @instance
         */
        Answer.prototype.kind = 0;

        /**
         * Answer response.
         * @member {Uint8Array} response
         * @memberof rpcpb.Answer
         * @instance
         */
        Answer.prototype.response = $util.newBuffer([]);

        /**
         * Answer code.
         * @member {number} code
         * @memberof rpcpb.Answer
         * @instance
         */
        Answer.prototype.code = 0;

        /**
         * Answer message.
         * @member {string} message
         * @memberof rpcpb.Answer
         * @instance
         */
        Answer.prototype.message = "";

        /**
         * Answer settled.
         * @member {boolean} settled
         * @memberof rpcpb.Answer
         * @instance
         */
        Answer.prototype.settled = false;

        /**
         * Answer number.
         * @member {number} number
         * @memberof rpcpb.Answer
         * @instance
         */
        Answer.prototype.number = 0;

        /**
         * Encodes the specified Answer message. Does not implicitly {@link rpcpb.Answer.verify|verify} messages.
         * @function encode
         * @memberof rpcpb.Answer
         * @static
         * @param {rpcpb.Answer.$Properties} message Answer message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Answer.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.header != null && $Object.hasOwnProperty.call(message, "header"))
                $root.rpcpb.Header.encode(message.header, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.kind);
            if (message.response != null && $Object.hasOwnProperty.call(message, "response") && message.response.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.response);
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.code);
            if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.message);
            if (message.settled != null && $Object.hasOwnProperty.call(message, "settled") && message.settled !== false)
                writer.uint32(/* id 6, wireType 0 =*/48).bool(message.settled);
            if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                writer.uint32(/* id 7, wireType 0 =*/56).uint32(message.number);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Answer message from the specified reader or buffer.
         * @function decode
         * @memberof rpcpb.Answer
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {rpcpb.Answer & rpcpb.Answer.$Shape} Answer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Answer.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.rpcpb.Answer();
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
                        message.header = $root.rpcpb.Header.decode(reader, reader.size(), $undefined, _depth + 1, message.header);
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.response = value;
                        else
                            delete message.response;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.message = value;
                        else
                            delete message.message;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.settled = value;
                        else
                            delete message.settled;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.number = value;
                        else
                            delete message.number;
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

        return Answer;
    })();

    return rpcpb;
})();

export {
  $root as default
};
