/** What the shell itself has to say, before or without a screen, in the four languages one after the other. */
export interface Notice {
  readonly title: string;
  readonly message: string;
  readonly buttons: readonly [string, ...string[]];
}

const inFour = (uzLatn: string, uzCyrl: string, ru: string, en: string): string =>
  [uzLatn, uzCyrl, ru, en].join('\n\n');

/** The data folder carries another machine's seal. The first button, the default, ends the program. */
export const copiedFolder: Notice = {
  title: 'Hamshira',
  message: inFour(
    'Bu maʼlumotlar papkasi boshqa kompyuterdan yoki boshqa foydalanuvchidan koʻchirilgan. Agar ikkala nusxa ham ishlasa, markaz ularni qabul qilmaydi. Texnik xodimni chaqiring.',
    'Бу маълумотлар папкаси бошқа компьютердан ёки бошқа фойдаланувчидан кўчирилган. Агар иккала нусха ҳам ишласа, марказ уларни қабул қилмайди. Техник ходимни чақиринг.',
    'Эта папка с данными скопирована с другого компьютера или от другого пользователя. Если работают обе копии, центр их не примет. Позовите техника.',
    'This data folder was copied from another computer or account. If both copies work, the center takes neither. Call the technician.',
  ),
  buttons: [
    'Yopish · Ёпиш · Закрыть · Close',
    'Shu yerda davom etish · Шу ерда давом этиш · Продолжить здесь · Go on here',
  ],
};

/** The workstation process ended again and again. */
export const workstationFailed: Notice = {
  title: 'Hamshira',
  message: inFour(
    'Ish stansiyasi qayta-qayta toʻxtadi. Saqlangan yozuvlar joyida. Texnik xodimni chaqiring.',
    'Иш станцияси қайта-қайта тўхтади. Сақланган ёзувлар жойида. Техник ходимни чақиринг.',
    'Рабочее место останавливается снова и снова. Сохранённые записи на месте. Позовите техника.',
    'The workstation stopped again and again. What was saved is still there. Call the technician.',
  ),
  buttons: ['Yopish · Ёпиш · Закрыть · Close'],
};
