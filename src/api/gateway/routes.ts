/** The paths of etcd's gateway: each method is a POST, and a WebSocket. */
import { errors } from "../../etcd/errors.ts";
import { failure, respond, wrongMethod } from "../http/respond.ts";
import type { Face, Route } from "../http/route.ts";
import { answerMethod, unknownPath } from "./http.ts";
import { methods } from "./v3/index.ts";
import type { Method } from "./v3/method.ts";
import { serveSocket } from "./websocket.ts";

const face: Face = {
  notFound: () => failure(unknownPath),
  methodNotAllowed: (allow) => failure(wrongMethod, undefined, { allow }),
  unborn: errors.authNotEnabled,
};

/** Called before the client has a token. */
const login = "auth/authenticate";
const ofMembers = /^(?:cluster|maintenance)\//;

// etcd's gateway ignores query parameters, so libraries that add some keep working.
const routeOf = (name: string, method: Method): Route => ({
  path: `/v3/${name}`,
  access: name === login ? "open" : "client",
  about: ofMembers.test(name) ? "members" : "state",
  face,
  methods: {
    POST: {
      parameters: "unread",
      answer: ({ context, request }) => answerMethod(context, method, request),
    },
  },
  socket: (context, socket, end) => serveSocket(context, method, socket, end),
});

const nothing = { access: "client", about: "state", methods: {} } as const;

export const gatewayRoutes: readonly Route[] = [
  ...[...methods].map(([name, method]) => routeOf(name, method)),
  {
    path: "/v3",
    ...nothing,
    face: { ...face, notFound: () => respond(301, null, { location: "/v3/" }) },
  },
  { path: "/v3/{method...}", ...nothing, face },
];
