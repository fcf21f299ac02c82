// Package e2e puts Menshen's gateway in front of a back office that nobody of
// the project wrote (Vendure, with its own admin page, on SQLite; see
// backoffice/) and walks through it in a browser.
//
// It decides nothing and holds no code but tests: none of the customers' values
// that the policy protects may reach the browser or an API client, the admin
// page must still work, and a mask must never be written over what it stands
// for. The same walk without the gateway has to show the values, so that the
// test can fail.
//
// It fails, and does not skip, when CI is set and Node, npm or Chromium is
// missing; elsewhere it says what it misses. Its set-up is setup.sh: packages of
// the npm registry by a lock file, no install script run, nothing fetched later.
package e2e
