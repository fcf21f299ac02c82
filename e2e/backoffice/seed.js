'use strict';
// Fills a new database with invented customers and orders, through the back office's own admin API, and writes it to
// BACKOFFICE_DB. The same seed gives the same people.

const fs = require('node:fs');
const { bootstrap, TransactionalConnection } = require('@vendure/core');
const { populate } = require('@vendure/core/cli');
const { config } = require('./config.js');
const { people } = require('./people.js');

const INITIAL = {
  defaultLanguage: 'en',
  defaultZone: 'Asia',
  countries: [{ name: 'China', code: 'CN', zone: 'Asia' }],
  taxRates: [{ name: 'Standard', percentage: 6 }],
  shippingMethods: [{ name: 'At the desk', price: 0 }],
  paymentMethods: [],
  collections: [],
};

async function main() {
  const { BACKOFFICE_DB: db, BACKOFFICE_PASSWORD: password } = process.env;
  const customers = Number(process.env.BACKOFFICE_CUSTOMERS || 200);
  const orders = Number(process.env.BACKOFFICE_ORDERS || 40);
  if (!db || !password) throw new Error('BACKOFFICE_DB and BACKOFFICE_PASSWORD must be set');
  const part = `${db}.part`;
  fs.rmSync(part, { force: true });
  const app = await populate(() => bootstrap(config({ db: part, password, autoSave: false, synchronize: true })), INITIAL);
  const admin = await api(app, password);
  const list = people(customers, Number(process.env.BACKOFFICE_SEED || 20241203));
  const ids = [];
  for (const p of list) ids.push(await addCustomer(admin, p));
  // Neither an address's nor an order's number is its customer's: who takes one for the other must be found out.
  for (let k = customers - 1; k >= 0; k--) await addAddress(admin, list[k], ids[k]);
  const rooms = await addRooms(admin);
  for (let i = 0; i < orders; i++) {
    const k = (i + 7) % customers;
    await addOrder(admin, list[k], ids[k], rooms[i % rooms.length]);
  }
  await app.get(TransactionalConnection).rawConnection.driver.save();
  await app.close();
  fs.renameSync(part, db);
  console.log(`seeded ${customers} customers and ${orders} orders`);
}

// api signs the superadmin in and returns a caller of the admin API.
async function api(app, password) {
  const url = `http://127.0.0.1:${app.getHttpServer().address().port}/admin-api`;
  let token = '';
  const call = async (query, variables) => {
    const res = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    token ||= res.headers.get('vendure-auth-token') || '';
    const body = await res.json();
    if (body.errors) throw new Error(`admin API: ${JSON.stringify(body.errors)}`);
    for (const v of Object.values(body.data)) {
      if (v && v.errorCode) throw new Error(`admin API: ${v.errorCode}: ${v.message}`);
    }
    return body.data;
  };
  await call('mutation($p: String!) { login(username: "superadmin", password: $p) { __typename ... on ErrorResult { errorCode message } } }', { p: password });
  return call;
}

const address = (p) => ({
  fullName: p.fullName, streetLine1: p.street, city: p.city, province: p.province,
  postalCode: p.postalCode, countryCode: 'CN', phoneNumber: p.phone,
});

async function addCustomer(admin, p) {
  const { createCustomer: c } = await admin(
    'mutation($in: CreateCustomerInput!) { createCustomer(input: $in) { ... on Customer { id } ... on ErrorResult { errorCode message } } }',
    { in: {
      firstName: p.firstName, lastName: p.lastName, emailAddress: p.email, phoneNumber: p.phone,
      customFields: { residentId: p.residentId, bankCard: p.bankCard, remark: p.remark },
    } });
  return c.id;
}

async function addAddress(admin, p, customer) {
  await admin('mutation($id: ID!, $in: CreateAddressInput!) { createCustomerAddress(customerId: $id, input: $in) { id } }',
    { id: customer, in: { ...address(p), defaultShippingAddress: true, defaultBillingAddress: true } });
}

async function addRooms(admin) {
  const rooms = [];
  for (const [name, price] of [['Lake view king room', 88800], ['Twin room', 56600], ['Family suite', 128000]]) {
    const { createProduct: product } = await admin('mutation($in: CreateProductInput!) { createProduct(input: $in) { id } }', {
      in: { translations: [{ languageCode: 'en', name, slug: name.toLowerCase().replaceAll(' ', '-'), description: '' }] } });
    const { createProductVariants: [v] } = await admin('mutation($in: [CreateProductVariantInput!]!) { createProductVariants(input: $in) { id } }', {
      in: [{ productId: product.id, sku: `ROOM-${product.id}`, price, trackInventory: 'FALSE', translations: [{ languageCode: 'en', name }] }] });
    rooms.push(v.id);
  }
  return rooms;
}

// addOrder makes a stay as a desk would: a draft for the customer with the guest's address, then on to payment.
async function addOrder(admin, p, customer, room) {
  const { createDraftOrder: { id } } = await admin('mutation { createDraftOrder { id } }');
  const step = (query, variables = {}) => admin(`mutation${query}`, { id, ...variables });
  const failed = '__typename ... on ErrorResult { errorCode message }';
  await step(`($id: ID!, $in: AddItemToDraftOrderInput!) { addItemToDraftOrder(orderId: $id, input: $in) { ${failed} } }`,
    { in: { productVariantId: room, quantity: 2 } });
  await step(`($id: ID!, $c: ID!) { setCustomerForDraftOrder(orderId: $id, customerId: $c) { ${failed} } }`, { c: customer });
  await step('($id: ID!, $in: CreateAddressInput!) { setDraftOrderShippingAddress(orderId: $id, input: $in) { id } }', { in: address(p) });
  await step('($id: ID!, $in: CreateAddressInput!) { setDraftOrderBillingAddress(orderId: $id, input: $in) { id } }', { in: address(p) });
  await step('($id: ID!, $in: UpdateOrderInput!) { setDraftOrderCustomFields(orderId: $id, input: $in) { id } }',
    { in: { id, customFields: { guestName: p.fullName, guestPhone: p.phone, rating: p.rating, review: p.review } } });
  const { eligibleShippingMethodsForDraftOrder: [method] } = await admin(
    'query($id: ID!) { eligibleShippingMethodsForDraftOrder(orderId: $id) { id } }', { id });
  await step(`($id: ID!, $m: ID!) { setDraftOrderShippingMethod(orderId: $id, shippingMethodId: $m) { ${failed} } }`, { m: method.id });
  await step(`($id: ID!) { transitionOrderToState(id: $id, state: "ArrangingPayment") { ${failed} } }`);
}

main().then(() => process.exit(0), (err) => { console.error(err); process.exit(1); });
