// What a phone's developer would write with the types that openapi-typescript makes. Its types are checked, then it runs.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Transaction = components["schemas"]["Transaction"];

const [, , baseUrl, email] = process.argv;
if (!baseUrl || !email) throw new Error("usage: journey.js BASE_URL EMAIL");
const api = createClient<paths>({ baseUrl });

const signedIn = await api.POST("/auth/signup", {
  body: { email, password: "monsoon-mango-42", full_name: "Asha Rao" },
});
if (!signedIn.data) throw new Error(signedIn.error.error);
const token = signedIn.data.access_token;
api.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${token}`);
  },
});

const wish = {
  params: { header: { "Idempotency-Key": "tea-1" } },
  body: { type: "expense", amount: "20.50", description: "Tea" },
} as const;
const first = await api.POST("/transactions", wish);
const again = await api.POST("/transactions", wish);
const tea: Transaction = first.data!;

const changed = await api.PATCH("/transactions/{transaction_id}", {
  params: { path: { transaction_id: tea.id }, header: { "If-Match": first.response.headers.get("ETag")! } },
  body: { amount: 25 },
});
const listed = await api.GET("/transactions", { params: { query: { q: "tea", limit: 10 } } });
const report = await api.GET("/reports/income_statement");
const refused = await api.POST("/transactions", { body: { ...wish.body, amount: -1 } });
if (!refused.error) throw new Error("a negative amount was taken");

console.log(
  JSON.stringify({
    is_once: tea.id === again.data?.id && again.response.headers.get("Idempotency-Replayed") === "true",
    amount_minor: changed.data?.amount_minor,
    listed: listed.data?.results.map((row) => row.description),
    net_minor: report.data?.results[0]?.net.amount_minor,
    refused: [refused.error.code, refused.error.errors?.[0]?.field],
  }),
);
