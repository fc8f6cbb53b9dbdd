// A shop with @webzaytsev/yookassa-ts-sdk: makes a receipt, repeats it, asks, lists and errs.
// Settings come as JSON on standard input; what happened goes as JSON to standard output.

const { randomUUID } = require("node:crypto");
const { YooKassa } = require("@webzaytsev/yookassa-ts-sdk");

const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const sdk = YooKassa({ shop_id: given.shop_id, secret_key: given.secret, endpoint: given.base, maxRPS: 50 });
const WAIT_MS = 60_000;

const sale = (changes) => ({
  customer: { phone: "79991112233" },
  type: "payment",
  payment_id: randomUUID(),
  send: true,
  items: [
    {
      description: "Чай, 100 г",
      quantity: 0.5,
      amount: { value: "300.00", currency: "RUB" },
      vat_code: 3,
      payment_mode: "full_payment",
      payment_subject: "commodity",
      measure: "kilogram",
    },
  ],
  settlements: [{ type: "prepayment", amount: { value: "150.00", currency: "RUB" } }],
  ...changes,
});

async function ended(id) {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const receipt = await sdk.receipts.load(id);
    if (receipt.status !== "pending" || Date.now() > deadline) return receipt;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

const refused = (call) => call.then(() => null, (error) => ({ code: error.name, id: error.id }));

(async () => {
  const key = randomUUID();
  const params = sale();
  const first = await sdk.receipts.create(params, key);
  const again = await sdk.receipts.create(params, key);
  const report = await ended(first.id);
  const listed = await sdk.receipts.list({ payment_id: params.payment_id });
  const wrong = await refused(sdk.receipts.create(sale({ settlements: [] }), randomUUID()));
  const unknown = await refused(sdk.receipts.load(randomUUID()));
  console.log(JSON.stringify({ first: first.id, again: again.id, report, listed, wrong, unknown }));
})();
