// A shop with the package cloudpayments: makes a receipt, repeats it, errs, and checks a notification's signature.
// Settings come as JSON on standard input; what happened goes as JSON to standard output.

const { ClientService, ReceiptTypes, TaxationSystem, VAT } = require("cloudpayments");

const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const client = new ClientService({
  publicId: given.public_id,
  privateKey: given.secret,
  endpoint: given.base,
  org: { inn: Number(given.inn), taxationSystem: TaxationSystem.GENERAL },
});
const api = client.getReceiptApi();
const receipt = {
  email: "buyer@example.ru",
  taxationSystem: TaxationSystem.GENERAL,
  Items: [{ label: "Чай", price: 100, quantity: 1.5, amount: 150, vat: VAT.VAT10 }],
};

const outcome = (response) => {
  const { Success, Message, Model } = response.getResponse();
  return { success: Success, message: Message, id: Model && Model.Id };
};

(async () => {
  const order = (id) => ({ Type: ReceiptTypes.Income, InvoiceId: id });
  const first = outcome(await api.createReceipt(order(given.order), receipt));
  const again = outcome(await api.createReceipt(order(given.order), receipt));
  const other = outcome(await api.createReceipt(order(`${given.order}-2`), receipt));
  const wrong = outcome(await api.createReceipt(order(`${given.order}-3`), { ...receipt, email: undefined }));
  const handlers = client.getNotificationHandlers();
  const check = (notification) => handlers.handleReceiptRequest(notification, () => 0).then(
    (answer) => answer.response,
    (error) => error.message,
  );
  const { body, signature } = given.notification;
  const taken = await check({ payload: body, signature });
  const forged = await check({ payload: `${body}x`, signature });
  console.log(JSON.stringify({ first, again, other, wrong, taken, forged }));
})();
