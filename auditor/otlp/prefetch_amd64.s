#include "go_asm.h"
#include "textflag.h"

// func prefetchAttributes(list *keyValue, places *uint8, values, names int)
TEXT ·prefetchAttributes(SB), NOSPLIT, $0-32
	MOVQ list+0(FP), AX
	MOVQ places+8(FP), BX
	MOVQ values+16(FP), CX
	MOVQ names+24(FP), DX
	ADDQ BX, CX
	ADDQ BX, DX
	JMP  more
attribute:
	MOVBLZX (BX), SI
	IMULQ $keyValue__size, SI
	ADDQ AX, SI
	MOVQ keyValue_name(SI), DI
	PREFETCHT0 (DI)
	CMPQ BX, CX
	JGE  after
	MOVQ (keyValue_value+anyValue_data)(SI), DI
	PREFETCHT0 (DI)
after:
	INCQ BX
more:
	CMPQ BX, DX
	JLT  attribute
	RET
