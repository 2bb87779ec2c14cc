import * as $protobuf from "protobufjs/minimal.js";

/** Namespace rpcpb. */
export namespace rpcpb {

    /**
     * Properties of a Header.
     * @deprecated Use rpcpb.Header.$Properties instead.
     */
    interface IHeader extends rpcpb.Header.$Properties {
    }

    /** Represents a Header. */
    class Header {

        /**
         * Constructs a new Header.
         * @param [properties] Properties to set
         */
        constructor(properties?: rpcpb.Header.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Header clusterId. */
        clusterId: Uint8Array;

        /** Header memberId. */
        memberId: number;

        /** Header revision. */
        revision: number;

        /** Header raftTerm. */
        raftTerm: number;

        /** Header appliedIndex. */
        appliedIndex: number;

        /** Header leader. */
        leader: number;

        /**
         * Encodes the specified Header message. Does not implicitly {@link rpcpb.Header.verify|verify} messages.
         * @param message Header message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: rpcpb.Header.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Header message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {rpcpb.Header & rpcpb.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): rpcpb.Header & rpcpb.Header.$Shape;
    }

    namespace Header {

        /** Properties of a Header. */
        interface $Properties {

            /** Header clusterId */
            clusterId?: (Uint8Array|null);

            /** Header memberId */
            memberId?: (number|null);

            /** Header revision */
            revision?: (number|null);

            /** Header raftTerm */
            raftTerm?: (number|null);

            /** Header appliedIndex */
            appliedIndex?: (number|null);

            /** Header leader */
            leader?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Header. */
        type $Shape = rpcpb.Header.$Properties;
    }

    /**
     * Properties of a ProposeRequest.
     * @deprecated Use rpcpb.ProposeRequest.$Properties instead.
     */
    interface IProposeRequest extends rpcpb.ProposeRequest.$Properties {
    }

    /** Represents a ProposeRequest. */
    class ProposeRequest {

        /**
         * Constructs a new ProposeRequest.
         * @param [properties] Properties to set
         */
        constructor(properties?: rpcpb.ProposeRequest.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ProposeRequest format. */
        format: number;

        /** ProposeRequest request. */
        request: Uint8Array;

        /** ProposeRequest token. */
        token: string;

        /** ProposeRequest timeoutMs. */
        timeoutMs: number;

        /** ProposeRequest stranger. */
        stranger: boolean;

        /** ProposeRequest attempt. */
        attempt: number;

        /** ProposeRequest room. */
        room: number;

        /**
         * Encodes the specified ProposeRequest message. Does not implicitly {@link rpcpb.ProposeRequest.verify|verify} messages.
         * @param message ProposeRequest message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: rpcpb.ProposeRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a ProposeRequest message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {rpcpb.ProposeRequest & rpcpb.ProposeRequest.$Shape} ProposeRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): rpcpb.ProposeRequest & rpcpb.ProposeRequest.$Shape;
    }

    namespace ProposeRequest {

        /** Properties of a ProposeRequest. */
        interface $Properties {

            /** ProposeRequest format */
            format?: (number|null);

            /** ProposeRequest request */
            request?: (Uint8Array|null);

            /** ProposeRequest token */
            token?: (string|null);

            /** ProposeRequest timeoutMs */
            timeoutMs?: (number|null);

            /** ProposeRequest stranger */
            stranger?: (boolean|null);

            /** ProposeRequest attempt */
            attempt?: (number|null);

            /** ProposeRequest room */
            room?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a ProposeRequest. */
        type $Shape = rpcpb.ProposeRequest.$Properties;
    }

    /**
     * Properties of a Login.
     * @deprecated Use rpcpb.Login.$Properties instead.
     */
    interface ILogin extends rpcpb.Login.$Properties {
    }

    /** Represents a Login. */
    class Login {

        /**
         * Constructs a new Login.
         * @param [properties] Properties to set
         */
        constructor(properties?: rpcpb.Login.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Login attempt. */
        attempt: number;

        /** Login user. */
        user: string;

        /** Login source. */
        source: string;

        /**
         * Encodes the specified Login message. Does not implicitly {@link rpcpb.Login.verify|verify} messages.
         * @param message Login message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: rpcpb.Login.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Login message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {rpcpb.Login & rpcpb.Login.$Shape} Login
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): rpcpb.Login & rpcpb.Login.$Shape;
    }

    namespace Login {

        /** Properties of a Login. */
        interface $Properties {

            /** Login attempt */
            attempt?: (number|null);

            /** Login user */
            user?: (string|null);

            /** Login source */
            source?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Login. */
        type $Shape = rpcpb.Login.$Properties;
    }

    /**
     * Properties of a QueryRequest.
     * @deprecated Use rpcpb.QueryRequest.$Properties instead.
     */
    interface IQueryRequest extends rpcpb.QueryRequest.$Properties {
    }

    /** Represents a QueryRequest. */
    class QueryRequest {

        /**
         * Constructs a new QueryRequest.
         * @param [properties] Properties to set
         */
        constructor(properties?: rpcpb.QueryRequest.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** QueryRequest format. */
        format: number;

        /** QueryRequest query. */
        query: Uint8Array;

        /** QueryRequest token. */
        token: string;

        /** QueryRequest timeoutMs. */
        timeoutMs: number;

        /** QueryRequest consistency. */
        consistency: number;

        /** QueryRequest stranger. */
        stranger: boolean;

        /** QueryRequest login. */
        login?: (rpcpb.Login.$Properties|null);

        /** QueryRequest room. */
        room: number;

        /**
         * Encodes the specified QueryRequest message. Does not implicitly {@link rpcpb.QueryRequest.verify|verify} messages.
         * @param message QueryRequest message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: rpcpb.QueryRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a QueryRequest message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {rpcpb.QueryRequest & rpcpb.QueryRequest.$Shape} QueryRequest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): rpcpb.QueryRequest & rpcpb.QueryRequest.$Shape;
    }

    namespace QueryRequest {

        /** Properties of a QueryRequest. */
        interface $Properties {

            /** QueryRequest format */
            format?: (number|null);

            /** QueryRequest query */
            query?: (Uint8Array|null);

            /** QueryRequest token */
            token?: (string|null);

            /** QueryRequest timeoutMs */
            timeoutMs?: (number|null);

            /** QueryRequest consistency */
            consistency?: (number|null);

            /** QueryRequest stranger */
            stranger?: (boolean|null);

            /** QueryRequest login */
            login?: (rpcpb.Login.$Properties|null);

            /** QueryRequest room */
            room?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a QueryRequest. */
        type $Shape = rpcpb.QueryRequest.$Properties;
    }

    /**
     * Properties of an Answer.
     * @deprecated Use rpcpb.Answer.$Properties instead.
     */
    interface IAnswer extends rpcpb.Answer.$Properties {
    }

    /** Represents an Answer. */
    class Answer {

        /**
         * Constructs a new Answer.
         * @param [properties] Properties to set
         */
        constructor(properties?: rpcpb.Answer.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Answer header. */
        header?: (rpcpb.Header.$Properties|null);

        /** Answer kind. */
        kind: number;

        /** Answer response. */
        response: Uint8Array;

        /** Answer code. */
        code: number;

        /** Answer message. */
        message: string;

        /** Answer settled. */
        settled: boolean;

        /** Answer number. */
        number: number;

        /**
         * Encodes the specified Answer message. Does not implicitly {@link rpcpb.Answer.verify|verify} messages.
         * @param message Answer message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: rpcpb.Answer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Answer message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {rpcpb.Answer & rpcpb.Answer.$Shape} Answer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): rpcpb.Answer & rpcpb.Answer.$Shape;
    }

    namespace Answer {

        /** Properties of an Answer. */
        interface $Properties {

            /** Answer header */
            header?: (rpcpb.Header.$Properties|null);

            /** Answer kind */
            kind?: (number|null);

            /** Answer response */
            response?: (Uint8Array|null);

            /** Answer code */
            code?: (number|null);

            /** Answer message */
            message?: (string|null);

            /** Answer settled */
            settled?: (boolean|null);

            /** Answer number */
            number?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Answer. */
        type $Shape = rpcpb.Answer.$Properties;
    }
}
