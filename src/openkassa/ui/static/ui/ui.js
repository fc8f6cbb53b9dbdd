// Behaviour of the components. Everything works by keyboard; without this file pages still read and forms still send.
document.addEventListener("alpine:init", () => {
  const Alpine = window.Alpine;

  // Side menu of a phone.
  Alpine.data("menu", () => ({
    shown: false,
    get side() {
      return this.shown ? "is-shown" : "";
    },
    get expanded() {
      return this.shown ? "true" : "false";
    },
    open() {
      this.shown = true;
      this.$nextTick(() => document.querySelector("#menu a, #menu button")?.focus());
    },
    close() {
      if (!this.shown) return;
      this.shown = false;
      this.$nextTick(() => this.$refs.opener?.focus());
    },
  }));

  Alpine.data("theme", () => ({
    choice: window.kassaTheme.choice(),
    toggle() {
      const order = ["system", "light", "dark"];
      this.choice = order[(order.indexOf(this.choice) + 1) % order.length];
      window.kassaTheme.choose(this.choice);
      this.$refs.said.textContent = this.$refs[this.choice].textContent;
    },
  }));

  // Filters of a list: on a phone they open by a button, and stand open where some are in use.
  Alpine.data("filters", () => ({
    shown: false,
    init() {
      const fields = this.$root.querySelectorAll(":scope > :not(.ui-grow) :is(input, select)");
      this.shown = [...fields].some((field) => field.value);
    },
    get rest() {
      return this.shown ? "is-shown" : "";
    },
    get expanded() {
      return this.shown ? "true" : "false";
    },
    toggle() {
      this.shown = !this.shown;
    },
  }));

  Alpine.data("copy", () => ({
    done: false,
    get mark() {
      return this.done ? "is-done" : "";
    },
    async copy() {
      const text = this.$root.dataset.text;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const area = document.createElement("textarea"); // pages served without TLS have no clipboard
        area.value = text;
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      this.done = true;
      this.$refs.said.textContent = this.$root.dataset.done;
      setTimeout(() => {
        this.done = false;
        this.$refs.said.textContent = "";
      }, 2000);
    },
  }));

  // A question asked before a costly action: <c-confirm>.
  Alpine.data("confirm", () => ({
    ask() {
      this.$refs.dialog.showModal();
    },
    leave() {
      this.$refs.dialog.close();
    },
  }));

  Alpine.data("tabs", () => ({
    chosen: "",
    init() {
      this.tabs = [...this.$root.querySelectorAll('[role="tab"]')];
      this.choose(this.tabs.find((tab) => "#" + tab.dataset.panel === location.hash) || this.tabs[0]);
    },
    choose(chosen) {
      for (const tab of this.tabs) {
        const on = tab === chosen;
        tab.setAttribute("aria-selected", on);
        tab.tabIndex = on ? 0 : -1;
        document.getElementById(tab.dataset.panel).hidden = !on;
      }
    },
    pick(event) {
      const tab = event.target.closest('[role="tab"]');
      if (tab) this.choose(tab);
    },
    move(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const at = this.tabs.indexOf(document.activeElement);
      const next = this.tabs[(at + step + this.tabs.length) % this.tabs.length];
      this.choose(next);
      next.focus();
    },
  }));

  Alpine.data("shown", () => ({
    visible: false,
    get type() {
      return this.visible ? "text" : "password";
    },
    get pressed() {
      return this.visible ? "true" : "false";
    },
    toggle() {
      this.visible = !this.visible;
    },
  }));
});

// A menu made of <details> closes on Escape and on a click elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.ui-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.ui-menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// <a data-print>: the print view of a page.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// A form that is being sent can't be sent twice by an impatient hand.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.dataset.sending) {
    if (form.dataset.sending) event.preventDefault();
    return;
  }
  form.dataset.sending = "yes";
  for (const button of form.querySelectorAll('button[type="submit"]')) button.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) {
    delete form.dataset.sending;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});
