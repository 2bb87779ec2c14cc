/** The full counts and the slow forms: `npm run test:long`. */
export const long = process.env.LONG === "1";
