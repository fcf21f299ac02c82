'use strict';
// The configuration of the back office: Vendure with its own admin page, one SQLite file, nothing that calls out.

process.env.VENDURE_DISABLE_TELEMETRY = 'true';

const { randomBytes } = require('node:crypto');
const compression = require('compression');
const { DefaultLogger, DefaultSearchPlugin, dummyPaymentHandler, LanguageCode, LogLevel, manualFulfillmentHandler } = require('@vendure/core');
const { AdminUiPlugin } = require('@vendure/admin-ui-plugin');

const label = (languageCode, value) => [{ languageCode, value }];
const field = (name, type, text, extra = {}) => ({
  name, type, nullable: true, public: false,
  label: [...label(LanguageCode.en, text), ...label(LanguageCode.zh_Hans, text)], ...extra,
});

// config returns Vendure's configuration. options: db (path of the SQLite file), port (0 for any), password of the
// superadmin, autoSave (write the file at each change).
exports.config = (options) => ({
  apiOptions: {
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    adminApiPath: 'admin-api',
    shopApiPath: 'shop-api',
    adminListQueryLimit: 1000,
    cors: false,
    csrfPrevention: true,
    // Real installations compress; the gateway has to read what comes out.
    middleware: [{ route: '/{*path}', handler: compression({ threshold: 512 }), beforeListen: true }],
  },
  authOptions: {
    tokenMethod: ['cookie', 'bearer'],
    superadminCredentials: { identifier: 'superadmin', password: options.password },
    cookieOptions: { secret: randomBytes(24).toString('base64url'), sameSite: 'lax', httpOnly: true },
  },
  dbConnectionOptions: {
    type: 'sqljs',
    location: options.db,
    autoSave: options.autoSave ?? true,
    synchronize: options.synchronize ?? false,
    logging: false,
  },
  logger: new DefaultLogger({ level: LogLevel.Error, timestamp: false }),
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
  shippingOptions: { fulfillmentHandlers: [manualFulfillmentHandler] },
  customFields: {
    Customer: [
      field('residentId', 'string', 'Resident ID'),
      field('bankCard', 'string', 'Bank card'),
      field('remark', 'text', 'Remark'),
    ],
    Order: [
      field('guestName', 'string', 'Guest name'),
      field('guestPhone', 'string', 'Guest phone'),
      field('rating', 'int', 'Rating'),
      field('review', 'text', 'Review'),
    ],
  },
  plugins: [DefaultSearchPlugin.init({}), AdminUiPlugin.init({ route: 'admin', port: 0, adminUiConfig: { tokenMethod: 'cookie' } })],
});
