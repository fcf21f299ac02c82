#include "textflag.h"

// A quote, a backslash, the last control character; the low half of a byte; how far
// leads of three bytes and of four are above the first byte that goes on.
DATA bytes<>+0(SB)/8, $0x008070600F1F5C22
GLOBL bytes<>(SB), RODATA|NOPTR, $8

// What may be wrong with a byte behind another, by the other's high and low half and
// by its own high half; wrong is what all three say (J. Keiser, D. Lemire: Validating
// UTF-8 In Less Than One Instruction Per Byte, 2021). From bit 0 on: the other wants
// more; it does not; three bytes for what two can say; beyond U+10FFFF; half of a
// surrogate pair; two bytes for what one can say; beyond U+10FFFF, or four bytes for
// what three can say; both go on with a character, which is as it must be behind a
// lead of three or four.
DATA high1<>+0(SB)/8, $0x0202020202020202
DATA high1<>+8(SB)/8, $0x4915012180808080
GLOBL high1<>(SB), RODATA|NOPTR, $16
DATA low1<>+0(SB)/8, $0xCBCBCB8B8383A3E7
DATA low1<>+8(SB)/8, $0xCBCBDBCBCBCBCBCB
GLOBL low1<>(SB), RODATA|NOPTR, $16
DATA high2<>+0(SB)/8, $0x0101010101010101
DATA high2<>+8(SB)/8, $0x01010101BABAAEE6
GLOBL high2<>(SB), RODATA|NOPTR, $16

// MARKS sets a bit of out for each byte of in that is marked.
#define MARKS(in, out) \
	VPCMPEQB  Y8, in, Y2  \
	VPCMPEQB  Y9, in, Y3  \
	VPMINUB   Y10, in, Y4 \
	VPCMPEQB  in, Y4, Y4  \
	VPOR      Y2, Y3, Y2  \
	VPOR      Y2, Y4, Y2  \
	VPMOVMSKB Y2, out

// CHECK adds to Y6 what is wrong with in, which stands behind before: what the
// tables say of a byte and the one before it, but for the second and third byte
// behind a lead.
#define CHECK(before, in) \
	VPERM2I128 $0x21, in, before, Y2 \
	VPALIGNR   $15, Y2, in, Y3       \
	VPSRLW     $4, Y3, Y4            \
	VPAND      Y11, Y4, Y4           \
	VPSHUFB    Y4, Y12, Y4           \
	VPAND      Y11, Y3, Y3           \
	VPSHUFB    Y3, Y13, Y3           \
	VPAND      Y3, Y4, Y4            \
	VPSRLW     $4, in, Y3            \
	VPAND      Y11, Y3, Y3           \
	VPSHUFB    Y3, Y14, Y3           \
	VPAND      Y3, Y4, Y4            \
	VPALIGNR   $14, Y2, in, Y3       \
	VPSUBUSB   Y15, Y3, Y3           \
	VPALIGNR   $13, Y2, in, Y2       \
	VPSUBUSB   Y5, Y2, Y2            \
	VPOR       Y2, Y3, Y2            \
	VPBROADCASTB bytes<>+6(SB), Y3   \
	VPAND      Y3, Y2, Y2            \
	VPXOR      Y2, Y4, Y2            \
	VPOR       Y2, Y6, Y6

// func markBlocks(marks *uint64, text *byte, blocks int) (valid bool)
TEXT ·markBlocks(SB), NOSPLIT, $0-25
	MOVQ           marks+0(FP), DI
	MOVQ           text+8(FP), SI
	MOVQ           blocks+16(FP), CX
	VPBROADCASTB   bytes<>+0(SB), Y8
	VPBROADCASTB   bytes<>+1(SB), Y9
	VPBROADCASTB   bytes<>+2(SB), Y10
	VPBROADCASTB   bytes<>+3(SB), Y11
	VPBROADCASTB   bytes<>+4(SB), Y15
	VPBROADCASTB   bytes<>+5(SB), Y5
	VBROADCASTI128 high1<>(SB), Y12
	VBROADCASTI128 low1<>(SB), Y13
	VBROADCASTI128 high2<>(SB), Y14
	VPXOR          Y6, Y6, Y6
	VPXOR          Y7, Y7, Y7 // the 32 bytes before the block
	XORL           R8, R8     // whether one of them is beyond ASCII

block:
	TESTQ     CX, CX
	JZ        done
	VMOVDQU   (SI), Y0
	VMOVDQU   32(SI), Y1
	MARKS(Y0, AX)
	MARKS(Y1, BX)
	SHLQ      $32, BX
	ORQ       BX, AX
	MOVQ      AX, (DI)
	VPMOVMSKB Y0, DX
	VPMOVMSKB Y1, BX
	ORL       BX, DX
	ORL       DX, R8
	JZ        next
	CHECK(Y7, Y0)
	CHECK(Y0, Y1)

next:
	MOVL    BX, R8
	VMOVDQA Y1, Y7
	ADDQ    $64, SI
	ADDQ    $8, DI
	DECQ    CX
	JMP     block

done:
	VPTEST Y6, Y6
	SETEQ  valid+24(FP)
	VZEROUPPER
	RET
