// From an offering to a signed agreement and the customer's scorecard:
// RAPPORT_URL, MANAGER_TOKEN and CUSTOMER_TOKEN name the installation and who speaks for each side.

import { createRapportClient, unwrap, type Schemas } from "../src/index.js";

function read(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const baseUrl = read("RAPPORT_URL");
const it = createRapportClient({ baseUrl, token: read("MANAGER_TOKEN") });
const customer = createRapportClient({ baseUrl, token: read("CUSTOMER_TOKEN") });
const customerId = read("CUSTOMER_ID");
const indicatorId = read("INDICATOR_ID");
const month = new Date().toISOString().slice(0, 7);

const terms: Schemas["TermsRequest"] = {
  name: "Web shop",
  service_hours: { timezone: "Europe/Paris", hours: "24x7" },
  objectives: [
    { name: "Availability", kind: "availability", indicator_id: indicatorId, target: "99.9", method: "time", missing: "ignore" },
  ],
  starts_on: `${month}-01`,
};

const { items: offerings } = await unwrap(it.GET("/catalog/v1/offerings", { params: { query: { limit: 20 } } }));
const offering = offerings.find((candidate) => candidate.state === "published");
if (!offering) throw new Error("No offering is published");
console.log(`Offering: ${offering.name}`);

const draft = await unwrap(
  it.POST("/sla/v1/agreements", { body: { customer_id: customerId, offering_id: offering.id, terms } }),
);
const path = { agreement_id: draft.id };
await unwrap(it.POST("/sla/v1/agreements/{agreement_id}/proposals", { params: { path }, body: {} }));
const accepted = await unwrap(
  customer.POST("/sla/v1/agreements/{agreement_id}/acceptances", { params: { path }, body: { comment: "Fine with us." } }),
);
const signature = { terms_sha256: accepted.version.terms_sha256 };
await unwrap(it.POST("/sla/v1/agreements/{agreement_id}/signatures", { params: { path }, body: signature }));
const signed = await unwrap(
  customer.POST("/sla/v1/agreements/{agreement_id}/signatures", { params: { path }, body: signature }),
);
console.log(`Agreement: ${signed.state}`);

const { scorecard } = await unwrap(
  customer.GET("/reporting/v1/customers/{customer_id}/scorecard", {
    params: { path: { customer_id: customerId }, query: { period: month } },
  }),
);
console.log(`Scorecard: ${scorecard.customer.name}, ${scorecard.period}`);
