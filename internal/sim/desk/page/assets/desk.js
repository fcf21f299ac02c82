"use strict";
// The back office's page. It shows what the interface returns, as text.
const words = {
  zh: {
    brand: "云栖旅行", title: "酒店客服后台", find: "订单号、客户号、手机号或姓名", go: "搜索", orders: "订单", all: "全部订单", work: "工作", reviews: "差评", tickets: "我的工单",
    "hotel-cn": "国内酒店", "hotel-intl": "海外酒店", refunds: "退款", order: "订单", guest: "客人", phone: "手机号", hotel: "酒店", stay: "入离日期", review: "评价", remark: "备注", status: "状态",
    total: n => `共 ${n} 条`, prev: "上一页", next: "下一页", none: "没有记录", close: "关闭", name: "姓名", resident_id: "证件号", email: "邮箱", address: "地址", bank_card: "退款卡号", customer: "客户号",
    room: "房型", price: "金额", queue: "队列", stayInfo: "订单信息", guestInfo: "客人信息", notes: "跟进记录", note: "写一条跟进记录…", add: "保存", edit: "修改联系方式", save: "保存修改", cancel: "取消",
    kind: "类型", ticket: "工单", call: "来电", opened: "创建时间", agent: "坐席号，如 agent-001", show: "查看", open: "处理中", closed: "已关闭", saved: "已保存", fail: "没有成功：", results: "搜索结果", noNotes: "暂无",
  },
  en: {
    brand: "Yunqi Travel", title: "Hotel desk", find: "Order, customer, mobile number or name", go: "Search", orders: "Orders", all: "All orders", work: "Work", reviews: "Bad reviews", tickets: "My tickets",
    "hotel-cn": "Hotels, China", "hotel-intl": "Hotels, abroad", refunds: "Refunds", order: "Order", guest: "Guest", phone: "Mobile", hotel: "Hotel", stay: "Stay", review: "Review", remark: "Remark", status: "Status",
    total: n => `${n} in all`, prev: "Back", next: "Next", none: "Nothing here", close: "Close", name: "Name", resident_id: "Identity no.", email: "E-mail", address: "Address", bank_card: "Refund card", customer: "Customer",
    room: "Room", price: "Amount", queue: "Queue", stayInfo: "Order", guestInfo: "Guest", notes: "Notes", note: "Write a note…", add: "Save", edit: "Change contact data", save: "Save changes", cancel: "Cancel",
    kind: "Kind", ticket: "Ticket", call: "Call", opened: "Opened", agent: "Agent, such as agent-001", show: "Show", open: "Open", closed: "Closed", saved: "Saved", fail: "That did not work: ", results: "Results", noNotes: "None yet",
  },
};
const queues = ["hotel-cn", "hotel-intl", "refunds"];
const byId = id => document.getElementById(id);
let lang = localStorage.getItem("desk.lang") === "en" ? "en" : "zh";
let agent = localStorage.getItem("desk.agent") || "guest";
let turn = 0; // the newest navigation; an older answer is dropped
const t = key => words[lang][key] ?? key;

// el makes an element; strings become text, never markup.
function el(tag, props, ...kids) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props || {})) {
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (v !== null && v !== undefined && v !== false) e.setAttribute(k, v);
  }
  e.append(...kids.flat(Infinity).filter(k => k !== null && k !== undefined));
  return e;
}

async function api(path, options) {
  const r = await fetch(path, options);
  const body = await r.json().catch(() => ({}));
  if (!r.ok) throw new Error(body.error || body.detail || body.title || r.status);
  return body;
}

function notice(text) {
  byId("notice").hidden = !text;
  byId("notice").textContent = text || "";
}

const stars = r => r ? el("span", { class: r.rating <= 2 ? "stars bad" : "stars", title: String(r.rating) }, "★".repeat(r.rating) + "☆".repeat(5 - r.rating)) : el("span", { class: "soft" }, "—");
const money = p => new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", { style: "currency", currency: p.currency }).format(p.amount / 100);
const when = s => s ? s.slice(0, 16).replace("T", " ") : "";

function table(heads, rows) {
  if (!rows.length) return el("div", { class: "empty" }, t("none"));
  return el("table", {}, el("thead", {}, el("tr", {}, heads.map(h => el("th", { scope: "col" }, t(h))))), el("tbody", {}, rows));
}

function row(order, ticket, cells) {
  const open = () => show(order, ticket);
  return el("tr", { tabindex: 0, "data-order": order, onclick: open, onkeydown: e => { if (e.key === "Enter") open(); } }, cells.map(c => c instanceof HTMLTableCellElement ? c : el("td", {}, c)));
}

const orderRow = o => row(o.id, "", [
  el("td", {}, el("div", { class: "mono" }, o.id), el("div", { class: "soft small" }, t(o.queue))),
  o.customer.name, el("td", { class: "mono" }, o.customer.phone),
  el("td", {}, o.hotel.name, el("div", { class: "soft small" }, o.room)),
  el("td", { class: "mono small" }, o.check_in, el("br"), o.check_out),
  stars(o.review), el("td", { class: "remark small" }, o.remark || ""), el("td", {}, el("span", { class: "tag" }, o.status)),
]);

const views = {
  async orders(p) {
    const q = p.get("queue") || "", page = +p.get("page") || 1;
    const a = await api(`/api/orders?queue=${encodeURIComponent(q)}&page=${page}`);
    return { head: q ? t(q) : t("all"), count: a.total, body: table(["order", "guest", "phone", "hotel", "stay", "review", "remark", "status"], a.orders.map(orderRow)), page, pages: Math.ceil(a.total / a.page_size) };
  },
  async search(p) {
    const a = await api(`/api/search?q=${encodeURIComponent(p.get("q") || "")}`);
    return { head: t("results"), count: a.total, body: table(["order", "guest", "phone", "hotel", "stay", "review", "remark", "status"], a.orders.map(orderRow)) };
  },
  async reviews(p) {
    const page = +p.get("page") || 1;
    const a = await api(`/api/reviews?rating_max=2&page=${page}`);
    const rows = a.reviews.map(r => row(r.order_id, "", [el("td", { class: "mono" }, r.order_id), r.customer.name, el("td", { class: "mono" }, r.customer.phone), r.hotel.name, stars(r.review), el("td", { class: "remark" }, r.review.text || "")]));
    return { head: t("reviews"), count: a.total, body: table(["order", "guest", "phone", "hotel", "review", "remark"], rows), page, pages: Math.ceil(a.total / a.page_size) };
  },
  async tickets() {
    const a = await api(`/api/tickets?agent=${encodeURIComponent(agent)}`);
    const rows = a.tickets.map(k => row(k.order_id, k.kind === "ticket" ? k.id : "", [el("td", { class: "mono" }, k.id), t(k.kind), k.customer.name, el("td", { class: "mono" }, k.customer.phone), k.hotel.name, stars(k.review), el("td", { class: "mono small" }, when(k.opened))]));
    const box = el("input", { value: agent, "aria-label": t("agent"), placeholder: t("agent") });
    const form = el("form", { style: "display:flex;gap:8px", onsubmit: e => { e.preventDefault(); agent = box.value.trim() || agent; localStorage.setItem("desk.agent", agent); render(); } }, box, el("button", {}, t("show")));
    return { head: t("tickets"), count: a.total, filters: form, body: table(["ticket", "kind", "guest", "phone", "hotel", "review", "opened"], rows) };
  },
};

function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { view: Object.hasOwn(views, path) ? path : "orders", params: new URLSearchParams(query || "") };
}

async function render() {
  const mine = ++turn, { view, params } = route();
  frame(view, params);
  try {
    const v = await views[view](params);
    if (mine !== turn) return;
    notice("");
    byId("head").textContent = v.head;
    byId("count").textContent = t("total")(v.count);
    byId("filters").replaceChildren(...(v.filters ? [v.filters] : []));
    byId("list").replaceChildren(v.body);
    const go = n => () => { params.set("page", n); location.hash = `#/${view}?${params}`; };
    byId("pager").replaceChildren(...(v.pages > 1 ? [el("button", { onclick: go(v.page - 1), disabled: v.page <= 1 || null }, t("prev")), `${v.page} / ${v.pages}`, el("button", { onclick: go(v.page + 1), disabled: v.page >= v.pages || null }, t("next"))] : []));
  } catch (e) {
    if (mine === turn) { byId("list").replaceChildren(el("div", { class: "empty" }, t("none"))); byId("pager").replaceChildren(); notice(t("fail") + e.message); }
  }
}

function frame(view, params) {
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = `${t("brand")} · ${t("title")}`;
  document.querySelectorAll("[data-t]").forEach(e => { e.textContent = t(e.dataset.t); });
  document.querySelectorAll("[data-tp]").forEach(e => { e.placeholder = t(e.dataset.tp); e.setAttribute("aria-label", t("go")); });
  byId("lang").textContent = lang === "zh" ? "EN" : "中文";
  const link = (label, hash, on) => el("a", { href: hash, class: on ? "on" : null, "aria-current": on ? "page" : null }, t(label));
  const queue = params.get("queue") || "";
  byId("nav").replaceChildren(el("h2", {}, t("orders")), link("all", "#/orders", view === "orders" && !queue), ...queues.map(q => link(q, `#/orders?queue=${q}`, view === "orders" && queue === q)),
    el("h2", {}, t("work")), link("tickets", "#/tickets", view === "tickets"), link("reviews", "#/reviews", view === "reviews"));
}

const pairs = list => el("dl", {}, list.map(([k, v]) => [el("dt", {}, t(k)), el("dd", { "data-field": k }, v ?? "")]));

async function show(id, ticket) {
  document.querySelectorAll("tr.on").forEach(e => e.classList.remove("on"));
  document.querySelector(`tr[data-order="${CSS.escape(id)}"]`)?.classList.add("on");
  try {
    detail(await api(`/api/orders/${encodeURIComponent(id)}` + (ticket ? `?ticket=${encodeURIComponent(ticket)}` : "")));
  } catch (e) { notice(t("fail") + e.message); }
}

function detail(o) {
  const c = o.customer, box = byId("drawer");
  const guest = el("div", {}, pairs([["name", c.name], ["phone", c.phone], ["resident_id", c.resident_id], ["email", c.email], ["address", c.address], ["bank_card", c.bank_card], ["customer", c.id]]),
    el("div", { class: "row" }, el("button", { onclick: () => guest.replaceWith(editor(o)) }, t("edit"))));
  const text = el("textarea", { rows: 3, placeholder: t("note"), "aria-label": t("note") });
  const save = async () => {
    try { detail(await api(`/api/orders/${encodeURIComponent(o.id)}/note`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: text.value }) })); }
    catch (e) { notice(t("fail") + e.message); }
  };
  box.replaceChildren(
    el("button", { class: "close", onclick: () => { box.hidden = true; } }, t("close")),
    el("h2", {}, o.hotel.name), el("div", { class: "soft" }, `${o.id} · ${o.status}`),
    el("h3", {}, t("guestInfo")), guest,
    el("h3", {}, t("stayInfo")), pairs([["room", o.room], ["stay", `${o.check_in} – ${o.check_out}`], ["price", money(o.price)], ["queue", t(o.queue)], ["remark", o.remark || "—"]]),
    el("h3", {}, t("review")), el("div", { class: "quote" }, stars(o.review), o.review ? el("div", {}, o.review.text) : null),
    el("h3", {}, t("ticket")), ...(o.tickets.length ? o.tickets.map(k => el("div", {}, el("span", { class: k.state === "open" ? "tag open" : "tag" }, t(k.state)), ` ${t(k.kind)} ${k.id} · ${k.agent} `, el("span", { class: "soft small" }, when(k.opened)))) : [el("div", { class: "soft" }, "—")]),
    el("h3", {}, t("notes")), ...(o.notes.length ? o.notes.map(n => el("div", { class: "quote" }, n.text, el("div", { class: "soft small" }, when(n.at)))) : [el("div", { class: "soft" }, t("noNotes"))]),
    el("div", { class: "row" }, text), el("div", { class: "row" }, el("button", { class: "main", onclick: save }, t("add"))));
  box.hidden = false;
}

function editor(o) {
  const names = ["name", "phone", "email", "address"], inputs = {};
  const fields = names.map(n => el("label", {}, t(n), inputs[n] = el("input", { name: n, value: o.customer[n] })));
  const form = el("form", { class: "edit", onsubmit: async e => {
    e.preventDefault();
    try {
      await api(`/api/customers/${encodeURIComponent(o.customer.id)}`, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(Object.fromEntries(names.map(n => [n, inputs[n].value]))) });
      notice(""); show(o.id, ""); render();
    } catch (err) { notice(t("fail") + err.message); }
  } }, fields, el("div", { class: "row" }, el("button", { type: "button", onclick: () => detail(o) }, t("cancel")), el("button", { class: "main" }, t("save"))));
  return form;
}

byId("find").addEventListener("submit", e => { e.preventDefault(); const q = byId("q").value.trim(); if (q) location.hash = `#/search?q=${encodeURIComponent(q)}`; });
byId("lang").addEventListener("click", () => { lang = lang === "zh" ? "en" : "zh"; localStorage.setItem("desk.lang", lang); byId("drawer").hidden = true; render(); });
addEventListener("hashchange", render);
addEventListener("keydown", e => { if (e.key === "Escape") byId("drawer").hidden = true; });
render();
