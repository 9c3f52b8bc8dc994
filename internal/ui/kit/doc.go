// Package kit is what the program's windows are made of.
//
// It owns the theme and its colours, every input field and their input method,
// masked entry, the photo frame, the page view, the signature pad, the rail,
// the step rail, lists, dialogs and the status line. It knows no word of the
// business: labels, options and messages come from the screens; its own Chinese
// words are those of generic controls (请选择, 确定, 取消).
//
// It guarantees that no widget of Fyne that takes text is used: Field is the
// only text field of the program, so that composing with an input method never
// deletes, submits or leaves by accident, and its candidates stand at the
// caret. Enter goes on to the next field, function keys are offered to the
// window's key table from every widget, and what has focus is scrolled into
// view.
//
// A window's content is a Root; widgets find the input method and the key
// table through it, so the package holds no state of its own.
//
// All widgets must be used on Fyne's own goroutine; those that load in the
// background (PageView) say so and wait for their goroutines in Close.
package kit
