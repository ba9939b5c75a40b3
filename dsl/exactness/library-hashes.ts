/**
 * What the functions of math.ts compute, of which library.ts claims more than their texts show: by these hashes
 * (function-hash.ts) they are known again in the IR's text, whatever else is called by their names.
 */
export const libraryHashes: Readonly<Record<string, string>> = {
  reciprocal: "47963e1f7caf5d881e6957bbf9d7d3966cd15992a49733e9f538a129465eec83",
  divide: "da62c9f4fa972b0f74e0f34d735ff1c8dde2dd56b2b44b2c427597f3e5c11a77",
  sqrt: "30ed075db25e46b91bcd470f13706946f0fa6467e226c8b93d1f31991b0a87f0",
  rsqrt: "2f4491433d7c464b083c93342b8e4b453d014274e0a3415ea08ea45a56f21e60",
  exp: "dc7ef9cc738bde0f5dc70f65e84d603624816cfe010d7bf0f506ea1ac3b19dff",
  log: "976ac31788237f9712c64860ca345eb281d7c29f8216ec10650cca54e41439f2",
  sigmoid: "69fe268cf03c8bb961621259c6f8d16cedc6fbdfe7a7d6f42474275ea9e273de",
  silu: "ba5a4224e73ec374ac4c85a7719aa34de25ef2bfea9b34d3d80208facd7d32bf",
  tanh: "f73727bb835500af45741a5b2a28653358c944e3d1fb61a63e888098344fde3c",
  erf: "15228927b429d1aa1ba68c28697654eb3417f82ac9e739470b88271d74f893cc",
  gelu: "72e447eeb86f78806b44e7bb12390376a6fa4059dc4f3f53fd03f4a9454849d5",
  geluTanh: "151052b3898e88455c28eb7136d5abced3f006921887bd424da57e99ee559f49",
  halfToFloat: "268a056f89b31a39400522e8da7df4fba5166be74bdaa3acdf0c924c86300eb6",
};
