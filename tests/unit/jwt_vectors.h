/* The examples of RFC 7515, appendix A: their claims expired on 2011-03-22 18:43:00 UTC. */
#ifndef JWT_VECTORS_H
#define JWT_VECTORS_H

#define VECTOR_EXPIRES 1300819380000 /* ms */

#define VECTOR_PAYLOAD                                                                             \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ij"   \
	"p0cnVlfQ"

/* A.1: HS256 */
#define VECTOR_HS256_SECRET                                                                        \
	"\x03\x23\x35\x4b\x2b\x0f\xa5\xbc\x83\x7e\x06\x65\x77\x7b\xa6\x8f\x5a\xb3\x28\xe6\xf0\x54" \
	"\xc9\x28\xa9\x0f\x84\xb2\xd2\x50\x2e\xbf\xd3\xfb\x5a\x92\xd2\x06\x47\xef\x96\x8a\xb4\xc3" \
	"\x77\x62\x3d\x22\x3d\x2e\x21\x72\x05\x2e\x4f\x08\xc0\xcd\x9a\xf5\x67\xd0\x80\xa3"
#define VECTOR_HS256                                                                               \
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." VECTOR_PAYLOAD                                 \
	".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

/* A.2: RS256; the key of A.2.1 as SubjectPublicKeyInfo */
#define VECTOR_RS256_KEY                                                                           \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj\n"                       \
	"NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\n"                       \
	"P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n"                       \
	"9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB\n"                       \
	"EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\n"                       \
	"FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\n"                       \
	"oQIDAQAB\n"                                                                               \
	"-----END PUBLIC KEY-----\n"
#define VECTOR_RS256                                                                               \
	"eyJhbGciOiJSUzI1NiJ9." VECTOR_PAYLOAD                                                     \
	".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"   \
	"O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARN"  \
	"PvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1"  \
	"phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"

/* A.3: ES256 */
#define VECTOR_ES256_KEY                                                                           \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"                       \
	"6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"                           \
	"-----END PUBLIC KEY-----\n"
#define VECTOR_ES256                                                                               \
	"eyJhbGciOiJFUzI1NiJ9." VECTOR_PAYLOAD                                                     \
	".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

/* A.5: not signed at all */
#define VECTOR_NONE "eyJhbGciOiJub25lIn0." VECTOR_PAYLOAD "."

/* Keys that are not to be used: RSA with 1024 bits, the curve P-384. */
#define VECTOR_RSA_SHORT                                                                           \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC6L2nE8SYb8QFvP/asIAOY8WvZ\n"                       \
	"j1TrE1kY6kvSq5AptwodysrI9PLEFde5X1b1TSbPgAF4oEcJN2PFXSfoN+JZbWip\n"                       \
	"f4SOTuSJXUH0GrG6T5G88UUUX9GXAzWLYBvyowbiJkcxZEpYTWQ15Km+Q4uSpx+N\n"                       \
	"Muu8rQeywxxyxmowEwIDAQAB\n"                                                               \
	"-----END PUBLIC KEY-----\n"
#define VECTOR_P384                                                                                \
	"-----BEGIN PUBLIC KEY-----\n"                                                             \
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEdXlZ2lhKiyrFGq9sGuudOzEFIf8yrbRZ\n"                       \
	"lGA31mwBZAnHhjvzmg++yniWT3yNGDPtMGv1R9NhSHak1HAhYRdyFOL8c78aQOE9\n"                       \
	"FglLSTawmNmIz6i29sW9xUyRyBU/mZn5\n"                                                       \
	"-----END PUBLIC KEY-----\n"

#endif
