// A receipt's page follows its receipt: told by the event stream while that is open, by a poll otherwise.
// The part that changes has the id "live" and listens to "receipt-changed"; it asks no more once the state is final.
(() => {
  const POLL = 2000;
  const page = document.querySelector("[data-events]");
  if (!page) return;
  let source = null;

  const asks = () => document.getElementById("live")?.hasAttribute("hx-get");
  const told = () => document.body.dispatchEvent(new CustomEvent("receipt-changed"));
  const poll = setInterval(() => {
    if (!asks()) {
      clearInterval(poll);
      source?.close();
    } else if (source?.readyState !== EventSource.OPEN) {
      told();
    }
  }, POLL);

  if (asks()) {
    source = new EventSource(page.dataset.events);
    source.addEventListener("open", told); // what happened before the stream was open
    source.addEventListener("receipt", told);
    source.addEventListener("many", told);
  }
})();
