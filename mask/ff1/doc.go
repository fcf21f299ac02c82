// Package ff1 is format-preserving encryption: FF1 of NIST SP 800-38G over AES.
// A row of numerals becomes another of the same length, and back.
//
// It decides nothing about what is worth encrypting, and never keeps or reports
// a numeral. It fails, with the numerals left as they are, when their domain is
// smaller than the million that SP 800-38G revision 1 demands, when it is too
// large for the arithmetic used here, or when one of them is not below the radix.
package ff1
