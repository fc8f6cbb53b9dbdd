// A shop with the official node-orangedata: makes documents and a correction, repeats, asks, errs.
// The certificate of the connection is not asked for over plain HTTP, but the client wants the settings to be there.
// Settings come as JSON on standard input; what happened goes as JSON to standard output.

const { randomBytes } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { Correction, OrangeData, Order } = require("node-orangedata");

const given = JSON.parse(readFileSync(0, "utf8"));
const unused = { cert: "none", key: "none", ca: "none", passphrase: "none" };
const agent = new OrangeData({ apiUrl: given.base, privateKey: readFileSync(given.key_file), ...unused });
const stranger = new OrangeData({ apiUrl: given.base, privateKey: given.stranger, ...unused });
const WAIT_MS = 60_000;

const head = () => ({ id: randomBytes(18).toString("hex"), inn: given.inn, group: given.group, key: given.key });
const sale = () =>
  new Order({
    ...head(),
    ffdVersion: 4,
    type: 1,
    customerContact: "+79991234567",
    customer: "покупатель",
    taxationSystem: 0,
  })
    .addPosition({ text: "Тестовый товар", quantity: 5, price: 10, tax: 1, paymentMethodType: 4, paymentSubjectType: 1 })
    .addPayment({ type: 1, amount: 10 })
    .addPayment({ type: 2, amount: 40 })
    .addUserAttribute({ name: "citation", value: "В здоровом теле здоровый дух" });

const refused = (promise) =>
  promise.then(
    () => null,
    (error) => ({ message: error.message, errors: error.errors }),
  );

async function ended(ask) {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const status = await ask();
    if (status || Date.now() > deadline) return status;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

(async () => {
  const order = sale();
  const made = await agent.sendOrder(order);
  const again = await refused(agent.sendOrder(order));
  const status = await ended(() => agent.getOrderStatus(given.inn, order.id));
  const correction = new Correction({
    ...head(),
    ffdVersion: 4,
    type: 1,
    correctionType: 0,
    causeDocumentDate: "2026-01-02T00:00:00",
    customerContact: "none",
    positions: [{ text: "Товар", quantity: 1, price: 15.5, tax: 6, paymentMethodType: 4, paymentSubjectType: 1 }],
    checkClose: { payments: [{ type: 1, amount: 15.5 }], taxationSystem: 0 },
  });
  await agent.sendCorrection12(correction);
  const corrected = await ended(() => agent.getCorrection12Status(given.inn, correction.id));
  const forged = await refused(stranger.sendOrder(sale()));
  const wrong = sale();
  wrong.inn = "7707083893";
  console.log(
    JSON.stringify({ made: made === undefined, again, status, corrected, forged, wrong: await refused(agent.sendOrder(wrong)) }),
  );
})();
