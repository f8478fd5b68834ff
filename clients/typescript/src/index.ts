// A client of Rapport's HTTP interface: every path, parameter, body and answer is typed by schema.d.ts.

import createClient, { type Client } from "openapi-fetch";

import type { components, paths } from "./schema.js";

/** The shapes of requests and answers: `Schemas["Terms"]`. */
export type Schemas = components["schemas"];
export type { paths };

export interface Options {
  /** The address of the installation: `https://rapport.example`. */
  baseUrl: string;
  /** The access token, or what returns it anew for each request, as it expires. */
  token: string | (() => string | Promise<string>);
}

/** A refusal: the problem's `type` names the rule, its `errors` the fields at fault. */
export class Refusal extends Error {
  readonly problem: Schemas["Problem"];
  /** With the headers: `Retry-After`, `X-Request-Id`. Its body has been read. */
  readonly response: Response;

  constructor(problem: Schemas["Problem"], response: Response) {
    super(`${problem.title}: ${problem.detail}`);
    this.name = "Refusal";
    this.problem = problem;
    this.response = response;
  }
}

/** Create a client that sends the token with each request. */
export function createRapportClient({ baseUrl, token }: Options): Client<paths> {
  const client = createClient<paths>({ baseUrl });
  client.use({
    async onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${typeof token === "string" ? token : await token()}`);
      return request;
    },
  });
  return client;
}

/** Return the data of an answer, or throw the refusal. */
export async function unwrap<Data>(answer: Promise<{ data?: Data; error?: unknown; response: Response }>): Promise<Data> {
  const { data, error, response } = await answer;
  if (response.ok) return data as Data;
  const problem = { type: "about:blank", title: response.statusText, status: response.status, detail: "", errors: [] };
  throw new Refusal({ ...problem, ...(typeof error === "object" ? error : {}) }, response);
}
