package kit

import (
	"context"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Costs of a connection, of netlistmgr.h, that mean that bytes are paid for.
const (
	costFixed    = 0x2
	costVariable = 0x4
	costRoaming  = 0x40000
)

// costManager is the interface INetworkCostManager, as far as it is used.
type costManager struct {
	table *struct {
		queryInterface, addRef, release uintptr
		getCost                         uintptr
	}
}

// followMetered asks the system's network cost manager now and then until ctx
// ends, and calls told when the first answer is there, or none will come.
func followMetered(ctx context.Context, on *atomic.Bool, told func()) {
	defer told()
	runtime.LockOSThread() // COM is joined by a thread
	defer runtime.UnlockOSThread()
	if err := windows.CoInitializeEx(0, windows.COINIT_MULTITHREADED); err != nil && err != syscall.Errno(1) {
		return // 1 is S_FALSE: joined already
	}
	defer windows.CoUninitialize()
	m := newCostManager()
	if m == nil {
		return
	}
	defer syscall.SyscallN(m.table.release, uintptr(unsafe.Pointer(m)))
	tick := time.NewTicker(meterEvery)
	defer tick.Stop()
	for {
		var cost uint32
		hr, _, _ := syscall.SyscallN(m.table.getCost, uintptr(unsafe.Pointer(m)), uintptr(unsafe.Pointer(&cost)), 0)
		on.Store(hr == 0 && cost&(costFixed|costVariable|costRoaming) != 0)
		told()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// newCostManager makes the object NetworkListManager; nil where there is none.
func newCostManager() *costManager {
	class := windows.GUID{Data1: 0xDCB00C01, Data2: 0x570F, Data3: 0x4A9B, Data4: [8]byte{0x8D, 0x69, 0x19, 0x9F, 0xDB, 0xA5, 0x72, 0x3B}}
	face := windows.GUID{Data1: 0xDCB00008, Data2: 0x570F, Data3: 0x4A9B, Data4: [8]byte{0x8D, 0x69, 0x19, 0x9F, 0xDB, 0xA5, 0x72, 0x3B}}
	create := windows.NewLazySystemDLL("ole32.dll").NewProc("CoCreateInstance")
	if create.Find() != nil {
		return nil
	}
	const all = 0x1 | 0x2 | 0x4 | 0x10 // where the object may live
	var m *costManager
	hr, _, _ := create.Call(uintptr(unsafe.Pointer(&class)), 0, all, uintptr(unsafe.Pointer(&face)), uintptr(unsafe.Pointer(&m)))
	if hr != 0 {
		return nil
	}
	return m
}
