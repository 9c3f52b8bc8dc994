package ui

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// byReason says what of a case a reason alone shows the operator, and of how many more
// today; here is whether it shows anything.
func (u *Window) byReason(ctx context.Context, id uuid.UUID) (words string, here bool, err error) {
	left, here, err := u.desk.ByReason(ctx, id)
	switch {
	case err != nil:
		return "", false, err
	case supervises(u.desk.Operator()):
		words = "各项都须有授权才能看。"
	case here && left == 0: // this one was counted before
		words = "影像和合同须有授权；其他各项写明原因就能看。"
	case here:
		words = fmt.Sprintf("影像和合同须有授权；其他各项写明原因就能看，今天还可看 %d 件。", left)
	default:
		words = "今天凭原因可看的件数已用完，各项都须有授权。"
	}
	return words, here, nil
}
